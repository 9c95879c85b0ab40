/**
 * What the booth's modules hand to each other. For `tsc` and for readers: no browser loads this file.
 */

type Bytes = Uint8Array<ArrayBuffer>;
type Named = Record<string, string>;

/** A survey's normal form, as the manifest has it. `Question` holds the keys of its kind. */
interface Choice {
  id: string;
  title: Named;
}
interface Question {
  id: string;
  kind: string;
  title: Named;
  required: boolean;
  extremes: string;
  nonresponse: string;
  options: Choice[];
  rows: Choice[];
  min: any;
  max: any;
  bins?: any[];
  max_bytes: number;
}
interface Survey {
  title: Named;
  introduction?: Named;
  languages: string[];
  min_count: number;
  unit: string;
  questions: Question[];
  show_if: Record<string, { var: string; op: string; value: any }>;
  tables: { questions: string[] }[];
}
/** Values of drempel-answers/1 by question id; absent or null is no answer. */
type Answers = Record<string, any>;

/** Slots with their coefficients. */
type Terms = [number, bigint][];
interface Constraint {
  terms: Terms;
  constant: bigint;
}
/** One question, or one row of a matrix, in the record. */
interface Block {
  id: string;
  question: Question;
  values: any[];
  /** They stand for `values`; a ranking's for option × rank. */
  slots: number[];
  nullSlot: number | null;
  /** By how much a number may exceed its bin's first value. */
  limits: bigint[];
  /** Bits of weight 1, 2, 4, …. */
  offset: number[];
  slack: number[];
  /** Slots whose sum tells that the question was asked; null if everybody is asked. */
  shownBy: number[] | null;
}
interface TwoWay {
  left: number[];
  right: number[];
  slots: number[];
}
interface Layout {
  survey: Survey;
  width: number;
  constraints: Constraint[];
  blocks: Block[];
  tables: TwoWay[];
  proof: Plan;
}
/** A report is `width` bits, `texts` words of texts and their mask, then for each block a seed and its quotient. */
interface Plan {
  width: number;
  texts: number;
  blocks: { first: number; bits: number }[];
  seeds: number;
  words: number;
}

interface SignedManifest {
  manifest: Bytes;
  coordinator: Bytes;
  nodes: Bytes[];
}
type Manifest = Awaited<ReturnType<typeof import("./protocol/signed.js").readManifest>>;

/** These three can be stored in IndexedDB as they are. `factors` and `salts` are secret, and forgotten with the tokens in hand. */
interface Draw {
  keys: CryptoKeyPair;
  point: Bytes;
  salts: Bytes[];
  factors: bigint[];
}
/** The right to answer once. */
interface Ticket {
  keys: CryptoKeyPair;
  point: Bytes;
  tokens: Bytes[];
}
interface Parcel {
  /** Its id. */
  package: string;
  revision: number;
  content: Bytes;
}
/** Where an envelope belongs. */
interface EnvelopeContext {
  manifest: string;
  index: number;
  oneTimeKey: Bytes;
  revision: number;
}
/** What sealing needs of a manifest. */
interface SealingTerms {
  digest: string;
  envelopeLength: number;
  parcelLength: number;
  nodes: { outerKey: Bytes }[];
}

/** `drempel-receipt/1` as JSON; keys and signatures in base64. */
interface ReceiptNode {
  node: string;
  url: string;
  identity_key: string;
  confirmation?: string;
}
interface Receipt {
  format: string;
  manifest: string;
  package: string;
  revision: number;
  content: string;
  relay: { url: string; key: string; promise: string | null };
  nodes: ReceiptNode[];
}

/** JSON of `<node's address>/api/v1/<path>`; null where there is none (404). */
type Get = (path: string) => Promise<any>;
interface Statement {
  state: string;
  reason: string | null;
  root: string | null;
  verdict: string | null;
  agreement: string;
}
/** What one node publishes. */
interface Published {
  node: string;
  statement: Statement | null;
  seen: Set<string> | null;
  accepted: Set<string>;
  rejected: Map<string, string>;
}
type Outcome = "counted" | "rejected" | "withheld" | "seen" | "on_its_way" | "missing" | "unknown" | "contradicted";
interface Fate {
  outcome: Outcome;
  nodes: string[];
  reason?: string;
}

/** Whom the booth calls. */
interface Receiver {
  name: string;
  url: string;
  /** Milliseconds of silence. */
  patience?: number;
  onWait?: () => void;
}
/** What a device keeps of an attempt (docs/protocol.md §20.6). */
interface Kept {
  manifest: string;
  draw?: Draw;
  /** By which the draw knows its code. */
  mark?: string;
  ticket?: Ticket;
  parcel?: Parcel;
  isSent?: boolean;
  receipt?: Receipt;
}
interface Step {
  step: "token" | "seal" | "send" | "deliver";
  state: "doing" | "waiting" | "done" | "failed";
  node: string;
}
type OnStep = (step: Step) => void;
/** `isOld`: what was sent now was finished before. */
type Sent = Promise<{ receipt: Receipt; isSafe: boolean; isOld: boolean }>;
/** `faults`: by node, why it is believed in nothing; `isEnded`: two nodes signed that the survey has ended. */
type Lookup = Fate & { faults: Record<string, string>; isEnded: boolean };
