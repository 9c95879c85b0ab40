/** A respondent in Node.js who is spoken to over pipes: a JSON line in, a JSON line out. */

import { createInterface } from "node:readline";

import { answersSeal, ticketDraw, ticketFinish, ticketOf, ticketRequest } from "../../client/src/protocol/answer.js";
import { ProtocolError, toBase64 } from "../../client/src/protocol/bytes.js";
import { shownQuestions } from "../../client/src/protocol/record.js";
import { emptyReceipt, parseReceipt, parseSignedManifest, promiseTake, verifySignedManifest } from "../../client/src/protocol/signed.js";

let manifest, draw, ticket, parcel;

const steps = {
  async draw({ signed, code }) {
    manifest = await verifySignedManifest(parseSignedManifest(signed));
    draw = await ticketDraw(manifest);
    const requests = await Promise.all([1, 2, 3].map((index) => ticketRequest(manifest, draw, index, code)));
    return { digest: manifest.digest, requests, point: toBase64(draw.point) };
  },
  async tokens({ signatures }) {
    ticket = ticketOf(draw, await Promise.all(signatures.map((one, at) => ticketFinish(manifest, draw, at + 1, one))));
    return {};
  },
  async seal({ answers, revision }) {
    parcel = await answersSeal(manifest, ticket, answers, revision);
    const shown = [...shownQuestions(manifest.layout, answers)];
    return { package: parcel.package, parcel: toBase64(parcel.content), shown };
  },
  async receipt({ promise }) {
    return promiseTake(await emptyReceipt(manifest, parcel), { promise });
  },
  check: parseReceipt,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { step, ...asked } = JSON.parse(line);
  let said;
  try {
    said = await steps[step](asked);
  } catch (error) {
    said = { refused: error instanceof ProtocolError ? error.code : String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
