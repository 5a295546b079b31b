// What the host's cryptography throws in the middle of a call stops the core, which starts again. In a process of its own, whose
// host can be made to fail.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

const { getBuiltinModule } = process;
const failing = { createSecretKey: false, createHmac: false };
process.getBuiltinModule = (name) => {
  const module = { ...getBuiltinModule(name), hash: undefined };
  for (const each of Object.keys(failing)) {
    module[each] = (...given) => {
      // A TypeError, which is what the glue refuses values with.
      if (failing[each]) throw new TypeError("no");
      return getBuiltinModule(name)[each](...given);
    };
  }
  return module;
};
const { createReceiver } = await import("mambo-webhooks");

const secret = "correct horse battery staple";
const body = '{"event":"Ping","data":{"message":"ping"}}';
const seconds = Math.floor(Date.now() / 1000);
const headers = { "x-mambo-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` };
const stopped = { name: "WebhookError", code: "core_trapped", message: "the core stopped on this input and was started again" };

test("a key that the host refuses", () => {
  const before = createReceiver({ secret, mac: "core" });
  failing.createSecretKey = true;
  assert.throws(() => createReceiver({ secret, mac: "host" }), stopped);
  failing.createSecretKey = false;
  for (const receiver of [before, createReceiver({ secret, mac: "host" })]) assert.equal(receiver.receive({ headers, body }).kind, "Ping");
});

test("a digest that the host does not make", () => {
  const receiver = createReceiver({ secret, mac: "host" });
  failing.createHmac = true;
  assert.throws(() => receiver.verify({ headers, body }), stopped);
  assert.throws(() => receiver.receive({ headers, body }), stopped);
  failing.createHmac = false;
  assert.equal(receiver.receive({ headers, body }).kind, "Ping");
});
