// What is needed beside the first part of the core, and cannot be had, leaves the first part as it is.
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

test("a part that cannot be started is tried again by the next call that needs it", () => {
  const secret = "correct horse battery staple";
  const body = '{"event":"Ping","data":{"message":"ping"}}';
  const seconds = Math.floor(Date.now() / 1000);
  const headers = { "x-mambo-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` };
  const receiver = createReceiver({ secret, mac: "core" });
  isFull = true;
  const starting = { code: "core_trapped", fault: "library", message: "the core could not be started", cause: new RangeError("no room") };
  assert.throws(() => receiver.receive({ headers, body }), starting);
  assert.equal(receiver.verify({ headers, body }).keyId, "default");
  assert.throws(() => receiver.diagnose({ headers: {}, body }), starting);
  isFull = false;
  assert.equal(receiver.diagnose({ headers: {}, body }).error.code, "header_missing");
  assert.equal(receiver.receive({ headers, body }).kind, "Ping");
});
