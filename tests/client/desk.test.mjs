/** Keys of the portal's pages sign what Python signs. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { registeredKey, signWith } from "../../client/src/desk/keys.js";
import { fromHex, toHex } from "../../client/src/protocol/bytes.js";
import { verify } from "../../client/src/protocol/signing.js";
import { vectors } from "./helpers.mjs";

const PKCS8 = "302e020100300506032b657004220420"; // RFC 8410, before the seed

const vector = vectors("desk");
const imported = () =>
  crypto.subtle.importKey("pkcs8", fromHex(PKCS8 + vector.seed), "Ed25519", false, ["sign"]);

test("a labelled signature is Python's", async () => {
  const signature = await signWith(await imported(), vector.label, fromHex(vector.body));
  assert.equal(toHex(signature), vector.signature);
  await verify(fromHex(vector.key), vector.label, fromHex(vector.body), signature);
});

test("a registered key of every role is Python's, byte for byte", async () => {
  for (const { organisation, role, seal_key, bytes, signature } of vector.registered) {
    const data = registeredKey({ organisation, role, key: fromHex(vector.key), sealKey: fromHex(seal_key) });
    assert.equal(toHex(data), bytes, role);
    assert.equal(toHex(await signWith(await imported(), "drempel/registered-key/1", data)), signature);
  }
  assert.equal(vector.registered.length, 3);
});
