/**
 * One respondent's way through one survey, without a page: what stands on this device (`state`), and the next step from
 * there, each on the disk before the next one begins (corrections B3). One tab acts at a time; a `change` event says that
 * the state may be another. Source: docs/protocol.md §8, §20.6; the same in Python: `connector.respondent`, `attempt`, `sending`.
 */

import { answersSeal, parseCode, ticketDraw, ticketFinish, ticketOf, ticketRequest } from "../protocol/answer.js";
import { concat, packBatch, sha256, toBase64, toHex, utf8 } from "../protocol/bytes.js";
import { encodeAnswers, encodeTexts } from "../protocol/record.js";
import { confirmationTake, emptyReceipt, fate, isSafe, parseReceipt, parseSignedManifest, promiseTake, publishedRead, verifySignedManifest } from "../protocol/signed.js";
import { signedBytes } from "../protocol/signing.js";
import { boothError, BoothError, call, pageCheck } from "./api.js";
import { deviceLoad, deviceSave, fileRead, fileWrite, Store, Tab } from "./store.js";

/** Milliseconds: how much longer than the relay a node takes what was promised; how long one tab waits for another. */
const [GRACE, LOCK_WAIT] = [15 * 60_000, 2_000];
const HIGHEST_REVISION = 7;
const NOT_GRANTED = new Set(["token.unknown_code", "token.already_issued"]);

/**
 * Open a survey: the manifest signed by all, the page as signed, and where this device stands. Leaves nothing behind and
 * uses nothing up. Throws `network.…` with `canRetry`; anything else is not as it was signed: stop, nothing can be sent.
 * @param {{relay: string, surveyId: string, page: string, language: string}} where relay and page: whole addresses
 */
export async function openSession({ relay, surveyId, page, language }) {
  try {
    const found = await call({ name: "relay", url: relay }, `manifests/${surveyId}/text`);
    const manifest = await verifySignedManifest(parseSignedManifest({ ...found, manifest: toBase64(utf8(String(found?.manifest))) }));
    if (manifest.surveyId !== surveyId || manifest.relay.url !== relay) throw new BoothError("booth.survey", { node: "relay" });
    await pageCheck(manifest, page, language);
    const session = new Session(manifest);
    await session.refresh();
    return session;
  } catch (error) {
    throw boothError(error, "relay");
  }
}

export class Session extends EventTarget {
  #saved = Promise.resolve();
  /** @param {Manifest} manifest verified */
  constructor(manifest) {
    super();
    const name = `drempel/${manifest.surveyId}`;
    this.manifest = manifest;
    this.store = new Store(name);
    this.tab = new Tab(name);
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }) => void this.#heard(data);
    /** What the relay says, unsigned. @type {"waiting" | "open" | "closed" | "unknown"} */
    this.intake = "unknown";
    /** @type {Kept | null} */
    this.kept = null;
    this.isErased = false;
  }

  /** @returns {"new" | "drawn" | "ticket" | "sealed" | "sent" | "closed" | "erased"} */
  get state() {
    const { draw, ticket, parcel, isSent } = this.kept ?? {};
    if (this.isErased) return "erased";
    if (parcel) return isSent ? "sent" : "sealed";
    if (this.intake === "closed" || (this.kept && !draw && !ticket)) return "closed";
    return ticket ? "ticket" : draw ? "drawn" : "new";
  }

  /** The last receipt of this device, as its file has it. */
  get receipt() {
    return this.kept?.receipt ?? null;
  }

  /** Ask the relay where the survey stands and read again what is kept; what has ended is cleared away. */
  async refresh() {
    const { digest, relay, answering } = this.manifest;
    const found = await call({ name: "relay", url: relay.url, patience: 3_000 }, `surveys/${digest}`).catch(() => null);
    // A clock that is ahead ends nothing by itself, nor does the relay's word, which nobody signs.
    const isOver = Date.now() > answering.closes.valueOf() + GRACE && !["open", "waiting"].includes(found?.state);
    this.intake = isOver ? "closed" : (found?.state ?? "unknown");
    await this.#read();
    if (this.kept?.isSent) this.tab.write("code", null);
    if (isOver) await this.#alone(() => this.#end()).catch(() => null);
  }

  /** Keep a draft in one place and nowhere else, one after the other. @param {unknown} draft @param {"tab" | "device"} [place] */
  saveDraft(draft, place = "tab") {
    const save = async () => {
      if (place === "device") await deviceSave(this.store, draft, this.manifest.answering.closes);
      const isKept = this.tab.write("draft", place === "tab" ? draft : null);
      if (place === "tab") await this.store.drop("draft");
      if (!isKept && draft) throw new BoothError("store.refused");
    };
    return (this.#saved = this.#saved.then(save, save));
  }

  /** @returns {Promise<{draft: any, place: "tab" | "device"} | null>} */
  async loadDraft() {
    const inTab = this.tab.read("draft");
    const draft = inTab ?? (await deviceLoad(this.store));
    return draft && { draft, place: inTab ? "tab" : "device" };
  }

  eraseDraft = () => this.saveDraft(null);

  /** The text of a file that only this passphrase opens. @param {unknown} draft @param {string} passphrase */
  exportDraft = (draft, passphrase) => fileWrite(this.manifest.surveyId, draft, passphrase);
  /** Throws `draft.form`, `draft.other_survey`, `draft.passphrase`. @param {string} text @param {string} passphrase */
  importDraft = (text, passphrase) => fileRead(this.manifest.surveyId, text, passphrase);

  /**
   * Send the first answer of this device. What an earlier try finished is sent as it is (`isOld`), whatever `answers` says.
   * Throws `answer.…` with the question before anything is drawn; `answer.sent` where one was sent already.
   * @param {Answers} answers @param {string} code as written @param {OnStep} [onStep] @returns {Sent}
   */
  send(answers, code, onStep = () => {}) {
    return this.#alone(async () => {
      if (this.kept?.isSent) throw new BoothError("answer.sent");
      if (this.state === "closed") throw new BoothError("survey.closed");
      if (this.kept?.parcel) return this.#give(onStep, true);
      encodeAnswers(this.manifest.layout, answers);
      encodeTexts(this.manifest.layout, answers);
      if (!this.kept?.ticket) await this.#ticketGet(code, onStep);
      return this.#seal(answers, 0, onStep);
    });
  }

  /** Replace the answer that was sent by another, made anew. @param {Answers} answers @param {OnStep} [onStep] @returns {Sent} */
  correct(answers, onStep = () => {}) {
    return this.#alone(async () => {
      const { parcel, isSent } = this.kept ?? {};
      if (!parcel || !isSent) throw new BoothError("answer.not_sent");
      if (parcel.revision === HIGHEST_REVISION) throw new BoothError("attempt.revisions");
      return this.#seal(answers, parcel.revision + 1, onStep);
    });
  }

  /** Send the very same bytes again, sent before or not. @param {OnStep} [onStep] @returns {Sent} */
  resume = (onStep = () => {}) => this.#alone(() => this.#give(onStep, true));

  /** Give the same bytes to the nodes themselves, each of which then sees the address; one that signs is enough. @param {OnStep} [onStep] @returns {Sent} */
  deliver(onStep = () => {}) {
    return this.#alone(async () => {
      const { parcel, receipt } = await this.#held();
      const nodes = [...receipt.nodes];
      const errors = await this.#each("deliver", onStep, async (node) => {
        const answer = await call(node, "packages", packBatch([parcel.content]));
        nodes[node.index - 1] = (await confirmationTake(receipt, node.name, answer)).nodes[node.index - 1];
      });
      if (errors.length === 3 && errors.every(({ code }) => code === "survey.closed")) await this.#end();
      if (errors.length === 3) throw worst(errors);
      return this.#signed({ ...receipt, nodes }, true);
    });
  }

  /** What became of the answer sent from here, by the nodes' public lists. Reads whole lists: ask seldom. */
  async confirmations() {
    const found = await this.checkReceipt(this.receipt);
    if (found.isEnded && this.state === "sent") await this.#alone(() => this.#end()).catch(() => null);
    return found;
  }

  /** The same for a receipt's JSON. Throws `receipt.other_survey` and what is wrong in it. @param {any} json @returns {Promise<Lookup>} */
  async checkReceipt(json) {
    if (!json) throw new BoothError("attempt.empty");
    const { digest, nodes, relay } = this.manifest;
    const receipt = await parseReceipt(json).catch((error) => Promise.reject(boothError(error)));
    if (receipt.manifest !== digest) throw new BoothError("receipt.other_survey");
    // Signatures hold by the receipt's own keys: they must be those of the manifest.
    const keys = [receipt.relay.key, ...receipt.nodes.map((/** @type {ReceiptNode} */ node) => node.identity_key)];
    const due = [relay.key, ...nodes.map(({ identityKey }) => identityKey)].map(toBase64);
    if (keys.join() !== due.join()) throw new BoothError("receipt.other_keys");
    /** @type {Record<string, string>} */
    const faults = {};
    const looks = nodes.map(async ({ node, url, identityKey }) => {
      const get = (/** @type {string} */ path) => call({ name: node, url, patience: 5_000 }, path);
      const found = await publishedRead(get, node, identityKey, digest).catch((error) => boothError(error, node));
      if (found instanceof BoothError) faults[node] = found.code;
      return found instanceof BoothError ? null : found;
    });
    const published = await Promise.all(looks);
    return { ...fate(receipt, published), faults, isEnded: published.filter((one) => one?.statement).length > 1 };
  }

  /** Leave nothing of this survey on this device, in any tab. What was sent stays, and cannot be corrected any more. */
  erase() {
    return this.#alone(async () => {
      await this.store.destroy();
      await this.#heard("erased");
      this.channel.postMessage("erased");
    });
  }

  /** What this tab does while no other one writes, from what is kept now. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  async #alone(work) {
    const signal = AbortSignal.timeout(LOCK_WAIT);
    try {
      return await navigator.locks.request(this.store.name, { signal }, async () => {
        if (this.isErased) throw new BoothError("attempt.erased");
        await this.#read();
        return work();
      });
    } catch (error) {
      throw error === signal.reason ? new BoothError("tab.busy", { canRetry: true }) : boothError(error);
    }
  }

  async #read() {
    this.kept = (await this.store.read("attempt")) ?? null;
    if (this.kept && this.kept.manifest !== this.manifest.digest) throw new BoothError("attempt.other_manifest");
  }

  /** @param {Omit<Kept, "manifest"> | null} more null keeps nothing */
  async #keep(more) {
    const kept = more && { manifest: this.manifest.digest, ...more };
    await (kept ? this.store.write("attempt", kept) : this.store.drop("attempt"));
    this.kept = kept;
    this.channel.postMessage(kept?.isSent ? "sent" : "changed");
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} told by another tab, or by this one */
  async #heard(told) {
    if (told === "erased") this.isErased = true;
    if (this.isErased || told === "sent") for (const key of ["draft", "code"]) this.tab.write(key, null);
    await this.#read();
    this.dispatchEvent(new Event(told === "sent" ? "sent" : "change"));
  }

  /** The survey has ended: a receipt stays, what could correct does not. */
  async #end() {
    this.intake = "closed";
    await this.eraseDraft();
    await this.#keep(this.receipt && { receipt: this.receipt });
  }

  /** The parcel that is kept, and the receipt so far of this very parcel. */
  async #held() {
    const { parcel, receipt } = this.kept ?? {};
    if (!parcel) throw new BoothError("attempt.empty");
    return { parcel, receipt: receipt?.package === parcel.package ? receipt : await emptyReceipt(this.manifest, parcel) };
  }

  /** Say how one call goes. @template T @param {Step["step"]} step @param {string} node @param {OnStep} onStep @param {(onWait: () => void) => Promise<T>} work */
  async #step(step, node, onStep, work) {
    const told = (/** @type {Step["state"]} */ state) => onStep({ step, node, state });
    told("doing");
    try {
      const found = await work(() => told("waiting"));
      told("done");
      return found;
    } catch (error) {
      told("failed");
      throw boothError(error, node);
    }
  }

  /** Do the same at each node; where it failed, why. @param {Step["step"]} step @param {OnStep} onStep @param {(node: Receiver & {index: number}) => Promise<void>} work @returns {Promise<BoothError[]>} */
  async #each(step, onStep, work) {
    const tried = this.manifest.nodes.map(({ node, url, index }) =>
      this.#step(step, node, onStep, (onWait) => work({ name: node, url, index, onWait })),
    );
    return (await Promise.allSettled(tried)).flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  }

  /** @param {string} code @param {OnStep} onStep */
  async #ticketGet(code, onStep) {
    if (!code) throw new BoothError("code.missing");
    const isNew = !this.kept;
    const draw = this.kept?.draw ?? (await ticketDraw(this.manifest));
    const mark = await drawMark(draw, code);
    // Whoever asks with two codes for one key ties them to each other.
    if (this.kept && this.kept.mark !== mark) throw new BoothError("code.other");
    // What is drawn must outlive its first use.
    if (isNew) await this.#keep({ draw, mark });
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const tokens = [];
    const errors = await this.#each("token", onStep, async (node) => {
      const answer = await call(node, "tokens", await ticketRequest(this.manifest, draw, node.index, code));
      tokens[node.index - 1] = await ticketFinish(this.manifest, draw, node.index, answer.blind_signature);
    });
    // No node granted this draw anything: it is worth nothing. A code that one does not know, none does.
    const isUnknown = errors.some((one) => one.code === "token.unknown_code") || errors.every((one) => NOT_GRANTED.has(one.code));
    if (isNew && errors.length === 3 && isUnknown) await this.#keep(null);
    if (errors.length) throw worst(errors);
    await this.#keep({ ticket: ticketOf(draw, tokens) });
  }

  /** @param {Answers} answers @param {number} revision @param {OnStep} onStep */
  async #seal(answers, revision, onStep) {
    const { ticket, receipt } = this.kept ?? {};
    if (!ticket) throw new BoothError("attempt.empty");
    const parcel = await this.#step("seal", "", onStep, () => answersSeal(this.manifest, ticket, answers, revision));
    await this.#keep({ ticket, receipt, parcel, isSent: false });
    return this.#give(onStep, false);
  }

  /** @param {OnStep} onStep @param {boolean} isOld */
  async #give(onStep, isOld) {
    const { parcel, receipt } = await this.#held();
    const signed = await this.#step("send", "relay", onStep, async (onWait) =>
      promiseTake(receipt, await call({ name: "relay", url: this.manifest.relay.url, onWait }, "packages", parcel.content)),
    );
    return this.#signed(signed, isOld);
  }

  /** Somebody has signed for the parcel: keep the receipt, and no answer any more. @param {Receipt} receipt @param {boolean} isOld @returns {Sent} */
  async #signed(receipt, isOld) {
    await this.eraseDraft();
    this.tab.write("code", null);
    await this.#keep({ ...this.kept, receipt, isSent: true });
    return { receipt, isSafe: isSafe(receipt), isOld };
  }
}

/** The error that says most: a refusal or a lie, then silence. @param {BoothError[]} errors */
const worst = (errors) => errors.find((one) => !one.canRetry) ?? errors[0];

/** By this a draw knows its code again; forgotten with the draw. @param {Draw} draw @param {string} code */
const drawMark = async ({ salts }, code) => toHex(await sha256(signedBytes("drempel/drawn-for/1", concat(salts[0], parseCode(code)))));
