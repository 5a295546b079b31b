// The test kit: samples of each event type and version, a clock that stands, and the list of what attackers do.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";
import { detect } from "mambo-webhooks/tools";
import { SAMPLE_EVENT_ID, fixedClock, sample, sampleDelivery, sign, tampered } from "mambo-webhooks/testing";

const secret = "correct horse battery staple";
const now = 1_700_000_000_000;
const registry = readFileSync(join(process.env.MAMBO_REPOSITORY, "examples/registry/payload-9.0.0.json"), "utf8");
const types = [
  "Ping",
  "ActivityCreated",
  "ActivityBehavioursAdded",
  "ActivityAwardedAdded",
  "ActivityExpiredPointsDebited",
  "ActivityRejected",
  "NotificationCreated",
  "NotificationRead",
  "PointWalletUpdated",
];

test("a sample of every event type verifies and is known", () => {
  const receiver = createReceiver({ secret, clock: fixedClock(now) });
  for (const type of types) {
    const { event, replayKey } = receiver.receive(sampleDelivery(type, { secret, now }));
    assert.deepEqual(
      [event.known, event.type, event.id, typeof event.data, replayKey.length > 20],
      [true, type, SAMPLE_EVENT_ID, "object", true],
    );
  }
});

test("a sample in the shape of each version", () => {
  const data = { newExampleField: "value" };
  const shape = (version) => JSON.parse(sample("PointWalletUpdated", { version, registry, data })).data;
  assert.deepEqual(shape("8.0.3"), { exampleField: "value" });
  assert.deepEqual(shape("9.0.0"), { newExampleField: "value" });
  const delivery = sampleDelivery("PointWalletUpdated", { secret, now, version: "8.0.3", registry, data });
  const { receivedVersion, event } = createReceiver({ secret, clock: () => now, registry, targetVersion: "9.0.0" }).receive(delivery);
  assert.deepEqual([receivedVersion, event.data], ["8.0.3", data]);
});

test("a sample of an event type that the docs do not name, with an id", () => {
  const { event } = createReceiver({ secret, clock: () => now }).receive(
    sampleDelivery("TeamCreated", { secret, now, id: "e-2", data: { name: "Reds" } }),
  );
  assert.deepEqual([event.known, event.type, event.id, event.data], [false, "TeamCreated", "e-2", { name: "Reds" }]);
  const own = createReceiver({ secret, clock: () => now }).receive(sampleDelivery("toString", { secret, now }));
  assert.deepEqual(own.event.data, {});
});

test("a clock stands until it is moved", () => {
  const clock = fixedClock(now);
  const receiver = createReceiver({ secret, clock });
  const delivery = sampleDelivery("Ping", { secret, now });
  clock.advance(300_000);
  assert.equal(receiver.receive(delivery).timestamp, now);
  clock.advance(1);
  assert.throws(() => receiver.receive(delivery), { code: "timestamp_too_old" });
});

for (const [name, options] of Object.entries({
  "the default profile": { secret },
  "another profile": { secret, profile: { scheme: { header: "x-other", signedTexts: ["{timestamp}{body}"] } } },
  "another body": { secret, body: '{ "event": "Ping", "data": {} }' },
  "upper-case hex": { secret, profile: { scheme: { signatureEncoding: "hex_upper" } } },
  "a body that ends in a line end": { secret, body: '{"event":"Ping","data":{}}\n' },
  "a body that ends in an exclamation mark": { secret, body: "!" },
})) {
  test(`every tampered delivery is refused as the list says, under ${name}`, () => {
    const receiver = createReceiver({ secret, clock: () => now, ...(options.profile && { profile: options.profile }) });
    const rows = tampered({ ...options, now });
    assert.equal(rows.length, 15);
    for (const { name: what, headers, body, code } of rows) assert.throws(() => receiver.receive({ headers, body }), { code }, what);
  });
}

test("what is signed under a profile is found to be signed so", () => {
  const profile = { scheme: { header: "x-mambo-signature", signedTexts: ["{timestamp}{body}"], unit: "milliseconds" } };
  const delivery = sampleDelivery("Ping", { secret, now, profile });
  const { profiles } = detect({ ...delivery, secrets: [secret], now });
  assert.deepEqual(
    profiles.map(({ profile: { scheme } }) => [scheme.signedTexts, scheme.unit]),
    [[["{timestamp}{body}"], "milliseconds"]],
  );
});

test("options of a wrong type are refused without being quoted", () => {
  const refused = (act) => {
    try {
      act();
    } catch ({ code, fault, message }) {
      return [code, fault, message];
    }
    return "accepted";
  };
  const invalid = (expected) => ["options_invalid", "config", `options: ${expected}`];
  for (const wrong of [5, null, [secret], { secret }]) {
    assert.deepEqual(
      refused(() => sign({ secret: wrong, body: "{}" })),
      invalid("expected a secret as text"),
    );
    assert.deepEqual(
      refused(() => detect({ headers: {}, body: "{}", secrets: [secret, wrong] })),
      invalid("expected a secret as text"),
    );
  }
  assert.deepEqual(
    refused(() => sign({ body: "{}" })),
    ["secret_empty", "config", "secret of key `default` is empty"],
  );
  for (const wrong of [secret, 5]) {
    const [code, , message] = refused(() => detect({ headers: {}, body: "{}", secrets: wrong }));
    assert.deepEqual([code, message.includes("horse")], ["options_invalid", false], message);
  }
});
