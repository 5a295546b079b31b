// What adapters do with failures that the peer did not cause: `onError` or the console is told, and the sender is answered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeHandler } from "mambo-webhooks/node";
import { post } from "./servers.mjs";
import { ping, receiver, signed } from "./signed.mjs";

test("an onError that fails leaves no sender without an answer", async () => {
  const failing = () => {
    throw new Error("no log");
  };
  const target = receiver().onAny(() => {
    throw null;
  });
  assert.deepEqual(await post(nodeHandler(target, { onError: failing }), signed(), [ping]), [500, "handler_failed"]);
  assert.deepEqual(await post(nodeHandler(target, { onError: async () => failing() }), signed(), [ping]), [500, "handler_failed"]);
});

test("failures that the peer did not cause are never silent, and a listener that never settles holds up nothing", async (context) => {
  const error = context.mock.method(console, "error", () => {});
  const failing = (options) =>
    nodeHandler(
      receiver().onAny(() => {
        throw new Error("no database");
      }),
      options,
    );
  assert.deepEqual(await post(failing(), signed(), [ping]), [500, "handler_failed"]);
  assert.deepEqual(
    error.mock.calls.map(({ arguments: [first, second] }) => [first, second.message]),
    [["mambo-webhooks:", "no database"]],
  );
  assert.deepEqual(await post(failing(), {}, [ping]), [401, "header_missing"]);
  assert.equal(error.mock.callCount(), 1);
  for (const onError of [
    () => new Promise(() => {}),
    () => Promise.reject(new Error("told")),
    () => {
      throw new Error("told");
    },
  ]) {
    assert.deepEqual(await post(failing({ onError }), signed(), [ping]), [500, "handler_failed"]);
  }
  assert.equal(error.mock.callCount(), 1);
});
