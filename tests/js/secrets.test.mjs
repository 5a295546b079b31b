// The core wipes its copies of secrets, and of HMAC's key blocks, which are as good: they are searched for in its memory.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { collect, memory } from "./core-memory.mjs";
import { createReceiver } from "mambo-webhooks";
import { sign } from "mambo-webhooks/testing";
import { detect } from "mambo-webhooks/tools";

const body = JSON.stringify({ event: "Ping", data: { message: "ping".repeat(300) } });
const block = (secret, pad) => Buffer.from(Buffer.from(secret.padEnd(64, "\0")).map((byte) => byte ^ pad));
/** How often the secret and its key blocks stand in the core's memory. */
function found(secret) {
  const all = Buffer.from(memory.buffer);
  const count = (needle) => {
    let times = 0;
    for (let at = all.indexOf(needle); at >= 0; at = all.indexOf(needle, at + 1)) times += 1;
    return times;
  };
  return { secret: count(Buffer.from(secret)), inner: count(block(secret, 0x36)), outer: count(block(secret, 0x5c)) };
}
const NOWHERE = { secret: 0, inner: 0, outer: 0 };

test("a receiver that was collected leaves no secret", async () => {
  const secret = "the secret of a receiver that goes";
  const use = () => {
    const seconds = Math.floor(Date.now() / 1000);
    const headers = { "x-mambo-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` };
    for (const mac of ["core", "host"]) {
      const receiver = createReceiver({ secret, mac });
      assert.equal(receiver.receive({ headers, body }).type, "Ping");
      assert.equal(receiver.verify({ headers, body }).keyId, "default");
      assert.throws(() => receiver.verify({ headers, body: `${body} ` }), { code: "signature_mismatch" });
      assert.equal(receiver.diagnose({ headers, body: `${body} ` }).error.code, "signature_mismatch");
    }
  };
  use();
  assert.ok(found(secret).secret > 0, "it is found while it is there");
  for (let round = 0; round < 20; round += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.deepEqual(found(secret), NOWHERE);
});

for (const [name, secret, use] of [
  [
    "refused settings",
    "the secret in settings that are refused",
    (secret) => assert.throws(() => createReceiver({ keys: [{ secret, id: "a b" }] }), { code: "key_id_malformed" }),
  ],
  ["signing", "the secret that signs for the test kit", (secret) => sign({ secret, body })],
  [
    "detection",
    "the secret of a captured delivery here",
    (secret) => {
      const headers = { "x-mambo-signature": `t=1700000000,v1=${createHmac("sha256", secret).update(`1700000000.${body}`).digest("hex")}` };
      assert.equal(detect({ headers, body, secrets: [secret], now: 1_700_000_000_000 }).profiles.length, 1);
    },
  ],
]) {
  test(`${name} leaves no secret`, () => {
    use(secret);
    assert.deepEqual(found(secret), NOWHERE);
  });
}
