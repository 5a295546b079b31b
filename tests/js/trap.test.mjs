// A core that stops is replaced: by the next call, for every receiver, and its memory is wiped. In a separate process, which sees
// the instances.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

const instances = [];
let isStopping = false;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    super(...given);
    instances.push(super.exports);
  }
  // No input is known that stops the core, so a call asks its allocator for more than there is.
  get exports() {
    const { receive, __wbindgen_malloc: allocate } = super.exports;
    return { ...super.exports, receive: (...given) => (isStopping ? allocate(2 ** 31, 1) : receive(...given)) };
  }
};
const { createReceiver } = await import("mambo-webhooks");

const secret = "correct horse battery staple";
const body = '{"event":"Ping","data":{"message":"ping"}}';
const seconds = Math.floor(Date.now() / 1000);
const headers = { "x-mambo-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` };

test("replaces a core that stopped, and wipes what it held", () => {
  const registry = { format: 1, versions: [], events: {}, models: {}, changes: [] };
  const before = [createReceiver({ secret }), createReceiver({ secret, registry })];
  assert.equal(instances.length, 1);
  const { memory } = instances[0];
  const bytes = memory.buffer;
  const stopped = {
    name: "WebhookError",
    code: "core_trapped",
    fault: "library",
    message: "the core stopped on this input and was started again",
  };
  isStopping = true;
  assert.throws(() => before[0].receive({ headers, body }), stopped);
  isStopping = false;
  assert.equal(bytes.byteLength, 0, "the glue's views of it are detached");
  assert.ok(
    new Uint8Array(memory.buffer).every((byte) => byte === 0),
    "nothing of it is left",
  );
  for (const receiver of before) {
    assert.equal(receiver.receive({ headers, body }).type, "Ping");
    assert.equal(receiver.diagnose({ headers: {}, body }).error.code, "header_missing");
  }
  assert.equal(instances.length, 2);
});
