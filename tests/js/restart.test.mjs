// A core that cannot be started, for want of memory say, refuses with a code and is tried again by the next call.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

let isFull = false;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    if (isFull) throw new RangeError("no room");
    super(...given);
  }
};
const { createReceiver } = await import("mambo-webhooks");

const secret = "correct horse battery staple";
const body = '{"event":"Ping","data":{"message":"ping"}}';
const signed = (seconds = Math.floor(Date.now() / 1000)) => ({
  headers: { "x-mambo-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` },
  body,
});
const receiver = createReceiver({ secret, mac: "core" });
const other = createReceiver({ secret: `${secret} of another`, mac: "core" });
const starting = { code: "core_trapped", fault: "library", message: "the core could not be started" };

test("a refusal that cannot be judged again is none of the peer's, and every receiver works when there is room", () => {
  receiver.verify(signed());
  isFull = true;
  for (const receive of [() => other.verify(signed()), () => receiver.verify(signed()), () => receiver.diagnose({ headers: {}, body })]) {
    assert.throws(receive, { ...starting, cause: new RangeError("no room") });
  }
  isFull = false;
  assert.equal(receiver.verify(signed()).keyId, "default");
  assert.throws(() => other.verify(signed()), { code: "signature_mismatch" });
  assert.equal(receiver.diagnose({ headers: {}, body }).error.code, "header_missing");
  assert.equal(receiver.receive(signed()).kind, "Ping");
});
