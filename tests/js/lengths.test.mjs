// Bodies of all lengths around those where another way of hashing begins: blocks of SHA-256, the host's HMAC from 512 bytes
// on, and its one-shot form up to 16 KiB.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";

const seconds = 1_700_000_000;
const BLOCK = 64;
const lengths = [0, 1, BLOCK - 20, BLOCK - 12, BLOCK - 11, BLOCK, 511, 512, 513, 16_372, 16_373, 16_374, 16_384, 16_385, 70_000];

for (const mac of ["auto", "core", "host"]) {
  for (const secretBytes of [16, 63, 64, 65, 200]) {
    test(`verifies bodies of all lengths, and refuses longer ones (${mac}, a secret of ${secretBytes} bytes)`, () => {
      const secret = "s".repeat(secretBytes);
      const receiver = createReceiver({ secret, mac, clock: () => seconds * 1000 });
      for (const length of lengths) {
        const body = Buffer.alloc(length, "x");
        const signature = createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex");
        const headers = { "x-mambo-signature": `t=${seconds},v1=${signature}` };
        assert.equal(receiver.verify({ headers, body }).timestamp, seconds * 1000);
        assert.throws(() => receiver.verify({ headers, body: Buffer.concat([body, Buffer.from("x")]) }), { code: "signature_mismatch" });
      }
    });
  }
}
