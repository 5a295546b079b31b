// A core that cannot be started, for want of memory say, refuses with a code and is tried again by the next call. In a separate
// process, that can be denied an instance.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

let isFull = false;
let isStopping = false;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    if (isFull) throw new RangeError("no room");
    super(...given);
  }
  get exports() {
    const { verify, __wbindgen_malloc: allocate } = super.exports;
    return { ...super.exports, verify: (...given) => (isStopping ? allocate(2 ** 31, 1) : verify(...given)) };
  }
};
const { createReceiver } = await import("mambo-webhooks");

const secret = "correct horse battery staple";
const body = '{"event":"Ping","data":{"message":"ping"}}';
const seconds = Math.floor(Date.now() / 1000);
const delivery = {
  headers: { "x-mambo-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` },
  body,
};

test("says that the core could not be started, and works when there is room", () => {
  isFull = true;
  const starting = {
    code: "core_missing",
    fault: "caller",
    message: "the core cannot be used: it could not be started",
    cause: new RangeError("no room"),
  };
  for (let round = 0; round < 2; round += 1) assert.throws(() => createReceiver({ secret }), starting);
  isFull = false;
  const receiver = createReceiver({ secret });
  assert.equal(receiver.receive(delivery).type, "Ping");
  isStopping = true;
  assert.throws(() => receiver.verify(delivery), { code: "core_trapped" });
  isStopping = false;
  isFull = true;
  assert.throws(() => receiver.verify(delivery), starting);
  isFull = false;
  assert.equal(receiver.verify(delivery).keyId, "default");
});
