/** Independent libraries open what is sealed and sign what is blinded here, and the other way round. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { RSABSSA } from "@cloudflare/blindrsa-ts";
import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import * as hpke from "hpke";

import * as blindrsa from "../../client/src/protocol/answer.js";
import { concat, fromHex, randomBytes, toHex, toNumber, utf8 } from "../../client/src/protocol/bytes.js";
import { envelopeInfo } from "../../client/src/protocol/answer.js";
import { seal } from "../../client/src/protocol/hpke.js";
import { openSealed, refused, vectors } from "./helpers.mjs";

const P256 = { name: "ECDH", namedCurve: "P-256" };

async function receiver() {
  const keys = await crypto.subtle.generateKey(P256, true, ["deriveBits"]);
  return { ...keys, point: new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey)) };
}

const info = envelopeInfo({
  manifest: `sha256:${"5c".repeat(32)}`,
  index: 2,
  revision: 1,
  oneTimeKey: fromHex(vectors("envelope").good[0].one_time_key),
});

for (const length of [0, 1, 80, 4_832, 321_280]) {
  test(`@hpke/core and hpke open ${length} bytes sealed here, and seal what opens here`, async () => {
    const keys = await receiver();
    const secret = randomBytes(Math.min(length, 65_536));
    const plaintext = concat(secret, new Uint8Array(length - secret.length));
    const sealed = await seal(keys.point, info, plaintext);
    const core = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
    const [enc, ciphertext] = [sealed.slice(0, 65), sealed.slice(65)];
    const recipient = await core.createRecipientContext({ recipientKey: keys.privateKey, enc, info });
    assert.equal(toHex(new Uint8Array(await recipient.open(ciphertext))), toHex(plaintext));
    const sender = await core.createSenderContext({ recipientPublicKey: keys.publicKey, info });
    const theirs = new Uint8Array(await sender.seal(plaintext));
    assert.equal(toHex(await openSealed(keys, info, concat(new Uint8Array(sender.enc), theirs))), toHex(plaintext));
    const suite = new hpke.CipherSuite(hpke.KEM_DHKEM_P256_HKDF_SHA256, hpke.KDF_HKDF_SHA256, hpke.AEAD_AES_128_GCM);
    const pair = { privateKey: keys.privateKey, publicKey: keys.publicKey };
    assert.equal(toHex(await suite.Open(pair, enc, ciphertext, { info })), toHex(plaintext));
    const other = await suite.Seal(keys.publicKey, plaintext, { info });
    assert.equal(toHex(await openSealed(keys, info, concat(other.encapsulatedSecret, other.ciphertext))), toHex(plaintext));
    await assert.rejects(suite.Open(pair, enc, ciphertext, { info: info.slice(1) }));
  });
}

test("@cloudflare/blindrsa-ts signs what is blinded here, and blinds what is verified here", async () => {
  const suite = RSABSSA.SHA384.PSS.Deterministic();
  const keys = await suite.generateKey({ modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) });
  const { n } = await crypto.subtle.exportKey("jwk", keys.publicKey);
  const modulus = new Uint8Array(Buffer.from(n, "base64url"));
  blindrsa.checkModulus(modulus);
  const message = utf8("drempel/token/2 of somebody");
  const blinded = await blindrsa.blind(modulus, message, randomBytes(48), blindrsa.drawFactor(modulus));
  const answered = await suite.blindSign(keys.privateKey, blinded.message);
  const token = await blindrsa.finalize(modulus, message, blinded.inverse, answered);
  assert.ok(await suite.verify(keys.publicKey, token, message));
  const theirs = await suite.blind(keys.publicKey, message);
  const signed = await suite.blindSign(keys.privateKey, theirs.blindedMsg);
  const finished = await blindrsa.finalize(modulus, message, toNumber(theirs.inv), signed);
  assert.equal(toHex(await suite.finalize(keys.publicKey, message, signed, theirs.inv)), toHex(finished));
  await refused("signature.invalid", () => blindrsa.finalize(modulus, utf8("another"), blinded.inverse, answered));
});
