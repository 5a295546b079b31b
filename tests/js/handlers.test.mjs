// Handlers of a receiver: which of them run, in what order, and what becomes of what they throw.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";
import { sampleDelivery, sign } from "mambo-webhooks/testing";

const secret = "correct horse battery staple";
const ping = () => sampleDelivery("Ping", { secret });
const fail =
  (word, ran = () => {}) =>
  () => {
    ran();
    throw new Error(word);
  };

test("handlers of an event type, of all and of the unknown", async () => {
  const seen = [];
  const receiver = createReceiver({ secret })
    .on("Ping", ({ type, data }, { keyId }) => seen.push(["on", type, data.message, keyId]))
    .on("ActivityCreated", () => seen.push("never"))
    .onAny(({ type }) => seen.push(["any", type]))
    .onUnknown(({ type }) => seen.push(["unknown", type]));
  await receiver.route(ping());
  const body = '{"event":"CouponExpired","data":{}}';
  const { type } = await receiver.route({ headers: { "x-mambo-signature": sign({ secret, body }) }, body });
  assert.equal(type, "CouponExpired");
  assert.deepEqual(seen, [
    ["on", "Ping", "ping", "default"],
    ["any", "Ping"],
    ["any", "CouponExpired"],
    ["unknown", "CouponExpired"],
  ]);
});

test("handlers all run, and what they throw is gathered", async () => {
  let ran = 0;
  const count = () => {
    ran += 1;
  };
  await assert.rejects(createReceiver({ secret }).onAny(fail("one", count)).onAny(count).route(ping()), /^Error: one$/);
  const two = createReceiver({ secret })
    .onAny(fail("one", count))
    .on("Ping", async () => fail("two", count)());
  await assert.rejects(
    two.route(ping()),
    ({ name, message, errors }) =>
      name === "AggregateError" && message === "2 handlers of Ping failed" && errors.map(String).join() === "Error: one,Error: two",
  );
  assert.equal(ran, 4);
});

test("a receiver without handlers does not take events that no handler would see", async () => {
  await assert.rejects(
    createReceiver({ secret }).route(ping()),
    ({ code, fault, message }) =>
      code === "handlers_missing" && fault === "caller" && message === "no handler was added, so the event would be lost",
  );
  assert.equal((await createReceiver({ secret }).on("ActivityCreated", assert.fail).route(ping())).type, "Ping");
});

test("an event type that is spelled wrongly is told when its handler is added", () => {
  assert.throws(
    () => createReceiver({ secret }).on("activityCreated", () => {}),
    ({ code, fault, message }) =>
      code === "event_type_unknown" && fault === "caller" && message === "event type `activityCreated` is not one that this release knows",
  );
});

test("receive calls no handler", () => {
  assert.equal(createReceiver({ secret }).onAny(assert.fail).receive(ping()).type, "Ping");
});

test("a refusal that a handler met elsewhere is not this delivery's", async () => {
  const inner = createReceiver({ secret: "the secret of another webhook" }).onAny(() => {});
  const outer = createReceiver({ secret }).onAny((_event, { raw }) => inner.route({ headers: ping().headers, body: raw }));
  await assert.rejects(
    outer.route(ping()),
    ({ name, message, cause }) => name === "Error" && message === "a handler failed" && cause.code === "signature_mismatch",
  );
});

test("an event type that the registry declares has handlers, and another is refused", async () => {
  const registry = { format: 1, versions: ["9.0.0"], events: { CouponExpired: { model: "Coupon" } }, models: { Coupon: {} }, changes: [] };
  const seen = [];
  const receiver = createReceiver({ secret, registry: JSON.stringify(registry) }).on("CouponExpired", ({ known, data }) =>
    seen.push([known, data]),
  );
  const body = '{"event":"CouponExpired","data":{"code":"x"}}';
  await receiver.route({ headers: { "x-mambo-signature": sign({ secret, body }) }, body });
  assert.deepEqual(seen, [[false, { code: "x" }]]);
  assert.throws(() => receiver.on("CouponExpird", () => {}), { code: "event_type_unknown" });
});
