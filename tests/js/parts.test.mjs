// The default entry's core is in two parts, and the second is made when something of it is needed: not by what verifies
// deliveries, which is why an import is fast. In a process of its own, that has called nothing else.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let made = 0;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    super(...given);
    made += 1;
  }
};
const { createReceiver } = await import("mambo-webhooks");

// The same numbers in every run (xorshift).
let state = 42;
const random = (below) => {
  for (const shift of [13, -17, 5]) state ^= shift > 0 ? state << shift : state >>> -shift;
  return (state >>> 0) % below;
};
const text = (bytes) => Array.from({ length: bytes }, () => String.fromCharCode(33 + random(94))).join("");
const signed = (secret, body) => {
  const seconds = Math.floor(Date.now() / 1000);
  return { "x-mambo-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` };
};

test("deliveries of all lengths are verified by the first part", () => {
  assert.equal(made, 1);
  for (let round = 0; round < 500; round += 1) {
    const [secret, body] = [text(16 + random(200)), text(random(round % 50 === 0 ? 70_000 : 4000))];
    const headers = signed(secret, body);
    const { raw } = createReceiver({ secret, mac: "core" }).verify({ headers, body });
    assert.equal(Buffer.from(raw).toString(), body);
  }
  assert.equal(made, 1);
});

test("receivers that nobody has any more make room, and those that somebody has stay themselves", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const kept = [];
  for (let round = 0; round < 20; round += 1) {
    for (let number = 0; number < 50; number += 1) {
      const secret = text(32);
      const receiver = createReceiver({ secret, mac: "core" });
      if (number % 10 === 0) kept.push({ secret, receiver });
    }
    collect();
    // Finalizers run in a task of their own.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const body = text(100);
  for (const { secret, receiver } of kept) receiver.verify({ headers: signed(secret, body), body });
  assert.equal(kept.length, 100);
  assert.equal(made, 1, "to forget a receiver takes no second part either");
  const [one, other] = kept;
  assert.throws(() => one.receiver.verify({ headers: signed(other.secret, body), body }), { code: "signature_mismatch" });
  assert.equal(made, 4, "a refusal does: the first part once more, what unpacks the second, and that");
  for (const { secret, receiver } of kept) receiver.verify({ headers: signed(secret, body), body });
});

test("all else is there when it is called, once", () => {
  const secret = "correct horse battery staple";
  const body = '{"event":"Ping","data":{"message":"ping"}}';
  const receiver = createReceiver({ secret });
  for (let round = 0; round < 2; round += 1) {
    assert.equal(receiver.receive({ headers: signed(secret, body), body }).kind, "Ping");
    assert.equal(receiver.diagnose({ headers: {}, body }).error.code, "header_missing");
    assert.equal(made, 4);
  }
});
