/**
 * A holder's page for one question: check what was signed, load a list, sign, send, and read what is for her alone.
 * Declining and holding nothing go the same way with an empty list (corrections C12). The portal is told of none of it.
 */

import { ProtocolError, refuse, toBase64 } from "../protocol/bytes.js";
import { NodeError, Nodes } from "../lists/calls.js";
import { openValues, readHits } from "../lists/outcomes.js";
import { verifySignedRequest } from "../lists/request.js";
import { Participant } from "../lists/sending.js";
import { fixList, MOST_NONCES, nothingHeld, prepare } from "../lists/splitting.js";
import { heldKeys, publicKeys, signWith } from "./keys.js";
import { Loader, showReport } from "./loading.js";
import { sameTerms } from "./terms.js";
import { forgetKept, knownNodes, moveKept, readKept, writeKept } from "./shelf.js";
import { fill, go, heads, onPress, pick, say, show, words } from "./view.js";

/** @typedef {import("./shelf.js").Kept} Kept */

/** Milliseconds: between two looks, and of silence until the next node is asked for the question. */
const [PAUSE, ASKED] = [2_000, 4_000];
const STEPS = ["decide", "load", "check", "send", "outcome"];
const told = /** @type {DOMStringMap} */ (pick("holding").dataset);
const digest = told.digest ?? "";
const owner = Number(told.owner);

// Set by start, before anything can be pressed.
const LATER = /** @type {any} */ (undefined);

class Holding {
  request = /** @type {import("../lists/request.js").Request} */ (LATER);
  keys = /** @type {import("./keys.js").Held} */ (LATER);
  own = /** @type {import("./keys.js").PublicKeys} */ (LATER);
  loader = /** @type {Loader} */ (LATER);
  /** @type {Kept | undefined} */ kept;
  /** @type {import("./loading.js").Loaded | null} */ loaded = null;

  async start() {
    show("fault", false);
    this.kept = await readKept(digest);
    this.request = await fetchRequest();
    sameTerms(this.request, JSON.parse(told.said ?? "{}"));
    await this.#checkKeys();
    show("checking", false);
    show("checked");
    this.loader ??= new Loader(this.request, (loaded) => this.#loaded(loaded), fault);
    await this.#goOn();
  }

  async #checkKeys() {
    this.keys = await heldKeys(told.keys);
    this.own = await publicKeys(told.keys);
    const { key, sealKey } = this.request.owners[owner];
    const isMine = toBase64(key) === toBase64(this.own.key) && toBase64(sealKey) === toBase64(this.own.sealKey);
    if (!isMine) refuse("keys.other", "The question names another key.");
  }

  async #goOn() {
    showHistory(this.kept);
    if (!this.kept) return told.open === "yes" ? step("decide", "decide-title") : undefined;
    if (this.kept.state === "ended") return this.#showOutcome(this.kept);
    step("send", "send-title");
    return this.#send();
  }

  /** @param {boolean} takesPart */
  decide(takesPart) {
    this.loaded = null;
    show("report", takesPart);
    show("padding", !takesPart);
    if (takesPart) step("load", "load-title");
    else step("check", "check-title");
  }

  /** @param {import("./loading.js").Loaded} loaded */
  #loaded(loaded) {
    this.loaded = loaded;
    showReport(loaded);
    step("check", "check-title");
  }

  async agree() {
    const { request, loaded } = this;
    const list = loaded ? await fixList(request, owner, loaded.words) : await nothingHeld(request, owner);
    const log = [{ at: new Date().toISOString(), code: "fixed" }];
    /** @type {Kept} */
    const kept = { digest, owner, state: "fixed", takesPart: loaded !== null, list, number: 0, prepared: null, outcome: null, log };
    await writeKept(kept);
    this.kept = kept;
    step("send", "send-title");
    await this.#send();
  }

  /** As far as it goes: consent, every nonce, outcome; waits between. */
  async #send() {
    const { request } = this;
    const sign = (/** @type {string} */ label, /** @type {any} */ body) => signWith(this.keys.sign.privateKey, label, body);
    const nodes = new Nodes(request.nodes);
    const participant = new Participant(request, owner, sign, nodes);
    let kept = /** @type {Kept} */ (this.kept);
    if (kept.state === "fixed") {
      show("send-sign");
      await participant.consent(/** @type {import("../lists/splitting.js").List} */ (kept.list));
      kept = this.kept = await moveKept(kept, { state: "consented" });
      show("send-sign", false);
    }
    for (;;) {
      showHistory(kept);
      show("send-wait", kept.state === "consented");
      show("sent", kept.state === "handed_in");
      const nonce = kept.number < MOST_NONCES ? await participant.nonce(kept.number + 1) : null;
      if (nonce) kept = this.kept = await this.#handIn(participant, nonce, sign);
      const statements = nonce ? null : await openedStatements(request, nodes);
      if (statements) return this.#end(kept, nodes, statements);
      await new Promise((resolve) => setTimeout(resolve, nonce ? 0 : PAUSE));
    }
  }

  /** @param {Participant} participant @param {import("../lists/splitting.js").Nonce} nonce @param {import("../lists/splitting.js").Sign} sign @returns {Promise<Kept>} */
  async #handIn(participant, nonce, sign) {
    let kept = /** @type {Kept} */ (this.kept);
    if (kept.prepared?.number !== nonce.number) {
      const list = /** @type {import("../lists/splitting.js").List} */ (kept.list);
      const prepared = await prepare(this.request, owner, nonce, list, sign);
      if (!prepared) return this.#overflow(participant, nonce.number);
      kept = this.kept = { ...kept, prepared };
      await writeKept(kept);
    }
    show("send-wait", false);
    show("bars");
    const prepared = /** @type {import("../lists/splitting.js").Prepared} */ (kept.prepared);
    await participant.handIn(prepared, bar);
    return moveKept({ ...kept, prepared: { ...prepared, parts: [] } }, { state: "handed_in", number: nonce.number });
  }

  /** @param {Participant} participant @param {number} number */
  async #overflow(participant, number) {
    await participant.overflow(number);
    const kept = { .../** @type {Kept} */ (this.kept), number };
    await writeKept(kept);
    return number < MOST_NONCES ? kept : refuse("overflow", "The list did not fit three times over.");
  }

  /** @param {Kept} kept @param {Nodes} nodes @param {any} outcome */
  async #end(kept, nodes, outcome) {
    const { prepared, takesPart } = kept;
    const seal = { privateKey: this.keys.seal.privateKey, point: this.own.sealKey };
    const isTold = outcome.state === "released" && this.request.kind === "match" && owner > 0 && prepared;
    // Who sent padding asks for the same, and throws it away.
    const hits = isTold ? await readHits(this.request, owner, seal, nodes, prepared) : null;
    const own = takesPart && hits ? hits : null;
    const layout = this.loader.layout;
    this.kept = await moveKept(kept, { state: "ended", list: null, prepared: null, outcome: { ...outcome, hits: own, layout } });
    this.#showOutcome(this.kept);
  }

  /** @param {Kept} kept */
  #showOutcome({ outcome, takesPart }) {
    step("outcome", "outcome-title");
    showHistory(this.kept);
    const isReleased = outcome.state === "released";
    show("released", isReleased);
    show("withheld", !isReleased);
    say("withheld-reason", outcome.reason ?? "");
    for (const [name, value] of Object.entries(outcome.values)) {
      const cell = document.getElementById(`value-${name}`);
      if (cell) cell.textContent = value === null ? words("value-words", "hidden") : Number(value).toLocaleString(document.documentElement.lang);
    }
    const { hits } = outcome;
    show("hits-padding", !takesPart);
    show("hits-untold", takesPart && (!hits || hits.hit === null));
    show("hits-none", hits?.hit === false);
    show("hits-some", hits?.hit === true && !hits.words);
    show("hits-items", Boolean(hits?.words?.size));
    if (hits?.words?.size) {
      say("hits-count", hits.words.size);
      this.#showItems(this.loaded);
    }
  }

  /** @param {import("./loading.js").Loaded | null} loaded */
  #showItems(loaded) {
    show("hits-file", !loaded);
    show("hits-table", Boolean(loaded));
    show("hits-save", Boolean(loaded));
    if (loaded) fill("hits-rows", this.items(loaded).map(({ value, rows }) => [value, rows.join(", ")]), heads("hits-rows"));
  }

  /** @param {import("./loading.js").Loaded} loaded */
  items(loaded) {
    const found = [...this.kept?.outcome.hits.words].map((word) => loaded.rows.get(word));
    return found.filter((one) => one !== undefined).sort((one, two) => (one.value < two.value ? -1 : 1));
  }

  /** @param {File | undefined} file */
  async find(file) {
    if (!file) return;
    this.loaded = await this.loader.again(file, this.kept?.outcome.layout ?? null);
    this.#showItems(this.loaded);
  }

  save() {
    const found = this.loaded ? this.items(this.loaded) : [];
    const lines = found.flatMap(({ rows }) => rows).sort((one, two) => one - two);
    const hits = { format: "drempel-hits/1", hit: true, items: found.map(({ value }) => value), lines };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(hits, null, 1)], { type: "application/json" }));
    link.download = `${digest.slice(7, 15)}.hits.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

/** The signed question from the first node that has it, every signature checked. */
async function fetchRequest() {
  const [urls, listed] = [JSON.parse(told.urls ?? "[]"), JSON.parse(told.known ?? "[]")];
  const known = await knownNodes(listed);
  const places = new Nodes(urls.map((/** @type {string} */ url, /** @type {number} */ at) => ({ node: "abc"[at], url })), { patience: ASKED });
  /** @type {unknown} */
  let failed = null;
  for (const at of urls.keys()) {
    const signed = await places.json(at, `requests/${digest}`).catch((error) => void (failed = error));
    if (!signed) continue;
    const request = await verifySignedRequest(signed, known);
    return request.digest === digest ? request : refuse("page.differs", "The node gave another question.");
  }
  throw failed ?? new ProtocolError("request.none", "The nodes do not have this question yet.");
}

/** What three nodes signed of the outcome, or null while there is none. @param {import("../lists/request.js").Request} request @param {Nodes} nodes */
async function openedStatements(request, nodes) {
  const answers = await nodes.each((at) => nodes.json(at, `results/${digest}`));
  return answers.every(Boolean) ? openValues(request, answers) : null;
}

/** @param {string} name @param {string} heading */
function step(name, heading) {
  for (const one of STEPS) show(one, one === name);
  go(heading);
}

/** @param {Kept | undefined} kept */
function showHistory(kept) {
  const rows = (kept?.log ?? []).map(({ at, code }) => {
    const item = document.createElement("li");
    item.textContent = `${new Date(at).toLocaleString(document.documentElement.lang)}: ${words("history-words", code)}`;
    return item;
  });
  pick("history").replaceChildren(...rows);
  show("history", rows.length > 0);
  show("history-none", rows.length === 0);
  show("forget", kept?.state === "ended");
}

/** @param {number} at @param {number} sent @param {number} all */
function bar(at, sent, all) {
  const percent = Math.round((100 * sent) / Math.max(1, all));
  pick(`bar-${"abc"[at]}`).value = percent;
  say(`bar-${"abc"[at]}-text`, `${percent} %`);
}

/** @param {unknown} error */
function fault(error) {
  const code = error instanceof ProtocolError ? error.code : "page.fault";
  say("fault-text", words("faults", code));
  say("fault-code", error instanceof NodeError ? `${code} (${error.node})` : code);
  show("checking", false);
  show("fault");
  go("fault");
}

/** @param {() => unknown} work */
const guarded = (work) => async () => {
  show("fault", false);
  try {
    await work();
  } catch (error) {
    fault(error);
  }
};

const holding = new Holding();
onPress("take", guarded(() => holding.decide(true)));
for (const id of ["nothing", "decline"]) onPress(id, guarded(() => holding.decide(false)));
onPress("again", guarded(() => step("decide", "decide-title")));
onPress("agree", guarded(() => holding.agree()));
onPress("retry", guarded(() => holding.start()));
onPress("hits-save", guarded(() => holding.save()));
onPress("forget", guarded(async () => void (await forgetKept(digest), location.reload())));
pick("hits-choose").addEventListener("change", guarded(() => holding.find(pick("hits-choose").files[0])));
await guarded(() => holding.start())();
