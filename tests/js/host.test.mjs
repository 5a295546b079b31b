// What the host's cryptography fails to make, the core makes itself. In a separate process, whose host can be made to fail.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

const { getBuiltinModule } = process;
let answer;
process.getBuiltinModule = (name) => ({
  ...getBuiltinModule(name),
  hash: undefined,
  createHash: (...given) => (answer === undefined ? getBuiltinModule(name).createHash(...given) : answer()),
});
const { createReceiver } = await import("mambo-webhooks");

const secret = "correct horse battery staple";
const body = '{"event":"Ping","data":{"message":"ping"}}';
const seconds = Math.floor(Date.now() / 1000);
const headers = { "x-mambo-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` };

test("verifies by the core where the host throws", () => {
  const receiver = createReceiver({ secret, mac: "host" });
  answer = () => {
    throw new TypeError("no");
  };
  try {
    assert.equal(receiver.receive({ headers, body }).type, "Ping");
    assert.equal(receiver.verify({ headers, body }).keyId, "default");
    assert.throws(() => receiver.verify({ headers, body: `${body} ` }), { code: "signature_mismatch" });
  } finally {
    answer = undefined;
  }
});

test("refuses what the host says is right and is not", () => {
  answer = () => ({
    update() {
      return this;
    },
    digest: () => "\0".repeat(32),
  });
  try {
    assert.throws(() => createReceiver({ secret, mac: "host" }).receive({ headers, body }), { code: "signature_mismatch" });
  } finally {
    answer = undefined;
  }
});
