/**
 * An owner's part in a request, towards all three nodes: consent, wait for the nonce, hand in, go on where it stopped.
 * Source: docs/protocol.md §19.6, §19.7, §19.12. Nothing goes to anybody but the nodes.
 */

import { refuse, toBase64 } from "../protocol/bytes.js";
import { NodeError } from "./calls.js";
import { chunkBody, commonNonce, LARGEST_CHUNK, signConsent, signOverflow } from "./splitting.js";

/** @typedef {import("./request.js").Request} Request */
/** @typedef {import("./splitting.js").List} List */
/** @typedef {import("./splitting.js").Sign} Sign */
/** @typedef {import("./splitting.js").Prepared} Prepared */
/** @typedef {import("./calls.js").Nodes} Nodes */

const CHUNK_TRIES = 5;

/** Acts for one owner of a list. */
export class Participant {
  /** @param {Request} request @param {number} owner @param {Sign} sign @param {Nodes} nodes */
  constructor(request, owner, sign, nodes) {
    this.request = request;
    this.owner = owner;
    this.sign = sign;
    this.nodes = nodes;
  }

  /** The same again is safe; another list is refused (`consent.other`). @param {List} list */
  async consent(list) {
    const { consent, signature } = await signConsent(this.request, this.owner, list, this.sign);
    const json = { consent: toBase64(consent), signature: toBase64(signature) };
    await this.nodes.each((at) => this.nodes.json(at, this.#path("consents"), { method: "POST", json }));
  }

  /** @param {number} [least] @returns {Promise<import("./splitting.js").Nonce | null>} null while there is none */
  async nonce(least = 1) {
    return commonNonce(this.request, await this.nodes.each((at) => this.nodes.json(at, this.#path("nonce"))), least);
  }

  /** Says that the list does not fit this nonce; the nodes draw another one. @param {number} number */
  async overflow(number) {
    const signature = toBase64(await signOverflow(this.request, this.owner, number, this.sign));
    const json = { owner: this.owner, number, signature };
    await this.nodes.each((at) => this.nodes.json(at, this.#path("overflow"), { method: "POST", json }));
  }

  /**
   * Header and parts to every node, as far as they are not there yet. `progress` tells node (0 to 2), bytes there, of how many.
   * @param {Prepared} prepared @param {(at: number, sent: number, all: number) => void} [progress]
   */
  async handIn(prepared, progress = () => {}) {
    const json = { header: toBase64(prepared.header), signature: toBase64(prepared.signature) };
    await this.nodes.each(async (at) => {
      const state = await this.nodes.json(at, this.#path("contributions"), { method: "POST", json });
      const sizes = prepared.parts.map((parts) => parts[at].length);
      const all = sizes.reduce((sum, size) => sum + size, 0);
      let before = 0;
      for (const bucket of prepared.parts.keys()) {
        const told = (/** @type {number} */ sent) => progress(at, before + sent, all);
        await this.#upload(at, bucket, prepared, received(state, bucket), told);
        before += sizes[bucket];
      }
    });
  }

  /** @param {number} at @param {number} bucket @param {Prepared} prepared @param {number} start @param {(sent: number) => void} told */
  async #upload(at, bucket, prepared, start, told) {
    const part = prepared.parts[bucket][at];
    const place = { manifest: this.request.digest, owner: this.owner, number: prepared.number, bucket };
    let [offset, tries] = [start, CHUNK_TRIES];
    for (told(offset); offset < part.length; told(offset)) {
      const octets = part.slice(offset, offset + LARGEST_CHUNK);
      const signature = await this.sign("drempel/chunk/1", await chunkBody(place, at + 1, offset, octets));
      const path = this.#path(`contributions/${this.owner}/${bucket}/${offset}`);
      try {
        await this.nodes.json(at, path, { method: "PUT", octets, signature });
        offset += octets.length;
      } catch (error) {
        // A chunk whose answer was lost is there already: ask how far it got.
        tries -= 1;
        if (!(error instanceof NodeError) || error.code !== "contribution.offset" || !tries) throw error;
        offset = received(await this.nodes.json(at, this.#path(`contributions/${this.owner}`)), bucket);
      }
    }
  }

  /** @param {string} rest */
  #path = (rest) => `requests/${this.request.digest}/${rest}`;
}

/** @param {any} state @param {number} bucket @returns {number} */
function received(state, bucket) {
  const found = state?.received?.[bucket];
  return Number.isSafeInteger(found) && found >= 0 ? found : refuse("answer.form", "A node did not say how much of the list it has.");
}
