// What is needed beside the first part of the core, and cannot be had, leaves the first part as it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { body, createReceiver, delivery, room, secret, starting } from "./room.mjs";

test("a part that cannot be started is tried again by the next call that needs it", () => {
  const receiver = createReceiver({ secret, mac: "core" });
  room.isFull = true;
  assert.throws(() => receiver.receive(delivery()), starting);
  assert.equal(receiver.verify(delivery()).keyId, "default");
  assert.throws(() => receiver.diagnose({ headers: {}, body }), starting);
  room.isFull = false;
  assert.equal(receiver.diagnose({ headers: {}, body }).error.code, "header_missing");
  assert.equal(receiver.receive(delivery()).kind, "Ping");
});
