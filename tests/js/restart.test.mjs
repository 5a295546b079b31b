// A core that cannot be started, for want of memory say, refuses with a code and is tried again by the next call.
import assert from "node:assert/strict";
import { test } from "node:test";
import { body, createReceiver, delivery, room, secret, starting } from "./room.mjs";

test("a refusal that cannot be judged again is none of the peer's, and every receiver works when there is room", () => {
  const receiver = createReceiver({ secret, mac: "core" });
  const other = createReceiver({ secret: `${secret} of another`, mac: "core" });
  receiver.verify(delivery());
  room.isFull = true;
  for (const receive of [() => other.verify(delivery()), () => receiver.verify(delivery()), () => receiver.diagnose({ headers: {}, body })]) {
    assert.throws(receive, starting);
  }
  room.isFull = false;
  assert.equal(receiver.verify(delivery()).keyId, "default");
  assert.throws(() => other.verify(delivery()), { code: "signature_mismatch" });
  assert.equal(receiver.diagnose({ headers: {}, body }).error.code, "header_missing");
  assert.equal(receiver.receive(delivery()).kind, "Ping");
});
