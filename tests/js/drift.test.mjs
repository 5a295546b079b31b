// Receivers that watch the shapes of payloads.
import { test } from "node:test";
import assert from "node:assert/strict";
import { createReceiver } from "mambo-webhooks";
import { sampleDelivery } from "mambo-webhooks/testing";
import { watchDrift } from "mambo-webhooks/tools";

const secret = "correct horse battery staple";
const registry = {
  format: 1,
  versions: ["9.0.0"],
  changes: [
    {
      id: "wallet",
      since: "9.0.0",
      on: { model: "PointWallet" },
      summary: "a is called b.",
      lossy: "none",
      ops: [{ op: "rename", at: "/a", to: "b" }],
    },
  ],
};

/** A receiver with a watch; returns what was told of each delivery. */
function watched(options = {}, shapes = undefined) {
  const told = [];
  const watch = watchDrift((report) => told.push(report), shapes);
  const receiver = createReceiver({ secret, onDrift: watch, ...options });
  const receive = (type, data) => {
    told.length = 0;
    receiver.receive(sampleDelivery(type, { secret, data }));
    return structuredClone(told);
  };
  return { receive, watch, told };
}

test("tells of a new member, another type and a missing member, each once", () => {
  const { receive } = watched();
  assert.deepEqual(receive("PointWalletUpdated", { points: 1, user: "u" }), []);
  const report = (drift) => [{ type: "PointWalletUpdated", version: null, drifts: [drift] }];
  assert.deepEqual(
    receive("PointWalletUpdated", { points: 1, user: "u", more: [] }),
    report({ kind: "new_member", at: "/more", expected: "absent", found: "list", message: "/more is new, of type list" }),
  );
  assert.deepEqual(receive("PointWalletUpdated", { points: 1, user: "u", more: [] }), []);
  assert.deepEqual(
    receive("PointWalletUpdated", { points: "1", user: "u" }),
    report({ kind: "other_type", at: "/points", expected: "integer", found: "text", message: "/points is text, expected integer" }),
  );
  for (let count = 0; count < 20; count++) assert.deepEqual(receive("PointWalletUpdated", { points: 1, user: "u" }), []);
  assert.deepEqual(
    receive("PointWalletUpdated", { points: 1 }),
    report({ kind: "missing_member", at: "/user", expected: "text", found: "absent", message: "/user is missing, expected text" }),
  );
});

test("watches the data as it came, not as a change made it", () => {
  const { receive } = watched({ registry, pinned: "8.10.2", targetVersion: "latest" });
  assert.deepEqual(receive("PointWalletUpdated", { a: 1 }), []);
  const [{ version, drifts }] = receive("PointWalletUpdated", { b: 1, a: 2 });
  assert.deepEqual([version, drifts.map(({ at }) => at)], ["8.10.2", ["/b"]]);
});

test("knows the shapes of an earlier watch from the start", () => {
  const first = watched();
  first.receive("PointWalletUpdated", { points: 1 });
  const shapes = first.watch.shapes();
  assert.doesNotMatch(JSON.stringify(shapes), /user-1|evt-sample/);
  const [{ drifts }] = watched({}, shapes).receive("PointWalletUpdated", { points: 1, other: true });
  assert.deepEqual(
    drifts.map(({ message }) => message),
    ["/other is new, of type bool"],
  );
  assert.deepEqual(watched({}, JSON.stringify(shapes)).receive("PointWalletUpdated", { points: 1 }), []);
});

test("a report that throws keeps no event from its handlers", (context) => {
  const errors = context.mock.method(console, "error", () => {});
  const watch = watchDrift(() => {
    throw new Error("no room");
  });
  const receiver = createReceiver({ secret, onDrift: watch });
  receiver.receive(sampleDelivery("Ping", { secret }));
  const { event } = receiver.receive(sampleDelivery("Ping", { secret, data: { more: 1 } }));
  assert.equal(event.data.more, 1);
  assert.deepEqual(
    errors.mock.calls.map(({ arguments: [text, error] }) => [text, error.message]),
    [["mambo-webhooks: onDrift failed:", "no room"]],
  );
});

test("a refused delivery and an event without a type are not watched", () => {
  const { receive, told, watch } = watched();
  receive("Ping", {});
  const receiver = createReceiver({ secret, onDrift: watch });
  const delivery = sampleDelivery("Ping", { secret, data: { forged: 1 } });
  assert.throws(() => receiver.receive({ ...delivery, body: delivery.body.replace("forged", "changed") }), { code: "signature_mismatch" });
  assert.deepEqual(told, []);
});

test("refuses what is no watch, and shapes that cannot be read", () => {
  assert.throws(() => createReceiver({ secret, onDrift: () => {} }), {
    code: "options_invalid",
    message: "options: expected what `watchDrift` returns at /onDrift",
  });
  assert.throws(() => watchDrift(() => {}, "{"), { code: "options_invalid" });
  assert.throws(() => watchDrift(() => {}, { format: 2 }), { code: "options_invalid" });
});
