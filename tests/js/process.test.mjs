// Each delivery is handled once; what is refused can be explained; what is not known can be worked out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createReceiver, memoryReplayStore } from "mambo-webhooks";
import { detect } from "mambo-webhooks/tools";
import { checkReplayStore, sign } from "mambo-webhooks/testing";

const secret = "correct horse battery staple";
const now = 1_700_000_000_000;
const body = '{"event":"Ping","id":"e-1","data":{"message":"ping"}}';
const delivery = (at = now, text = body) => ({ headers: { "x-mambo-signature": sign({ secret, body: text, now: at }) }, body: text });
const guarded = (replay = {}, rest = {}) =>
  createReceiver({ secret, clock: () => now, replay: { store: memoryReplayStore({ clock: () => now }), ...replay }, ...rest });
const refused = (code) => (error) => error.name === "WebhookError" && error.code === code;

test("a delivery is handled once, and the handler's result is handed on", async () => {
  const receiver = guarded();
  assert.equal(await receiver.process(delivery(), ({ event }) => event.type), "Ping");
  await assert.rejects(receiver.process(delivery(), assert.fail), refused("delivery_replayed"));
});

test("a queue's consumer handles a delivery once, and receive and verify ask no store", async () => {
  const receiver = guarded({ by: "event", ttlSeconds: 86_400 }, { tolerance: { pastSeconds: "unlimited" }, clock: () => now + 86_400_000 });
  for (let round = 0; round < 2; round += 1) {
    assert.equal(receiver.receive(delivery()).type, "Ping");
    assert.equal(receiver.verify(delivery()).keyId, "default");
  }
  assert.equal(await receiver.process(delivery(), () => "once"), "once");
  await assert.rejects(receiver.process(delivery(), assert.fail), refused("delivery_replayed"));
});

test("a retry, which is signed afresh, is another delivery but the same event", async () => {
  const seen = [];
  const handler = ({ eventKey }) => seen.push(eventKey);
  const byDelivery = guarded();
  await byDelivery.process(delivery(), handler);
  await byDelivery.process(delivery(now + 1000), handler);
  assert.deepEqual(seen, ["id:e-1", "id:e-1"]);
  const byEvent = guarded({ by: "event" });
  await byEvent.process(delivery(), handler);
  await assert.rejects(byEvent.process(delivery(now + 1000), assert.fail), refused("delivery_replayed"));
});

test("webhooks that share a store are told apart by their scope", async () => {
  const store = memoryReplayStore({ clock: () => now });
  const [one, two] = ["one", "two"].map((scope) => guarded({ store, scope, by: "event" }));
  await one.process(delivery(), () => {});
  assert.equal(await two.process(delivery(), () => "its own"), "its own");
  await assert.rejects(one.process(delivery(), assert.fail), refused("delivery_replayed"));
  for (const scope of ["", 7, null]) {
    assert.throws(() => guarded({ scope }), { message: "options: expected some text at /replay/scope" });
  }
});

test("what the handler throws comes through, and the delivery can come again", async () => {
  const receiver = guarded();
  await assert.rejects(
    receiver.process(delivery(), () => {
      throw new Error("no database");
    }),
    /no database/,
  );
  assert.equal(await receiver.process(delivery(), async () => "done"), "done");
});

test("of many at the same time one is handled", async () => {
  const receiver = guarded();
  let handled = 0;
  const slow = async () => {
    handled += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => receiver.process(delivery(), slow)));
  assert.equal(handled, 1);
  const codes = results.filter(({ status }) => status === "rejected").map(({ reason }) => reason.code);
  assert.deepEqual(codes, Array(19).fill("delivery_pending"));
});

test("a full replay store refuses a delivery, and forgets nothing", async () => {
  const receiver = guarded({ store: memoryReplayStore({ maxEntries: 1, clock: () => now }) });
  await receiver.process(delivery(), () => {});
  await assert.rejects(receiver.process(delivery(now + 1000), assert.fail), refused("replay_store_full"));
});

test("an unlimited tolerance needs a time to live", () => {
  const tolerance = { pastSeconds: "unlimited" };
  assert.throws(() => guarded({}, { tolerance }), refused("options_invalid"));
  guarded({ ttlSeconds: 60 }, { tolerance });
});

test("settings that would end the protection too early are refused", () => {
  for (const [replay, rest] of [
    [{ ttlSeconds: Number.NaN }],
    [{ ttlSeconds: 0 }],
    [{ ttlSeconds: 599 }],
    [{ by: "Event" }],
    [{ store: {} }],
    [{ by: "event" }, { tolerance: { futureSeconds: "unlimited" } }],
  ]) {
    assert.throws(() => guarded(replay, rest), refused("options_invalid"));
  }
  guarded({ ttlSeconds: 600 });
});

test("a store that answers something else is the store's fault, and the handler does not run", async () => {
  const message = "options: expected `yours`, `pending`, `done` or `full` from `reserve` at /replay/store";
  for (const answer of ["OK", true, undefined, null, 1, "toString", "__proto__", {}]) {
    const store = { ...memoryReplayStore(), reserve: () => answer };
    await assert.rejects(guarded({ store }).process(delivery(), assert.fail), { code: "options_invalid", fault: "config", message });
  }
});

test("a store without one of its methods is refused when the receiver is made", () => {
  for (const name of ["reserve", "commit", "release"]) {
    const store = { ...memoryReplayStore(), [name]: undefined };
    assert.throws(() => guarded({ store }), {
      code: "options_invalid",
      message: `options: expected a store with \`${name}\` at /replay/store`,
    });
  }
});

test("ended keys make room in whichever order they end", async () => {
  let at = now;
  const clock = () => at;
  const store = memoryReplayStore({ maxEntries: 50, clock });
  const byEvent = createReceiver({ secret, clock, replay: { store, by: "event", scope: "a" } });
  const byDelivery = createReceiver({ secret, clock, replay: { store, scope: "b" } });
  await byEvent.process(delivery(at), () => {});
  for (let number = 0; number < 200; number += 1) {
    at += 11 * 60_000;
    assert.equal(await byDelivery.process(delivery(at), () => "handled"), "handled");
  }
});

test("an option or a handler that would be silently without effect is refused", () => {
  const message = "options: `onError` is not known here at the top";
  assert.throws(() => createReceiver({ secret, onError() {} }), { code: "options_invalid", message });
  const receiver = createReceiver({ secret });
  for (const add of [
    () => receiver.on("Ping"),
    () => receiver.onAny(),
    () => receiver.onUnknown(null),
    () => receiver.on("Ping", "handler"),
  ]) {
    assert.throws(add, refused("handlers_missing"));
  }
});

test("a list of one header value is one value, and verify parses no body", () => {
  const text = "not json";
  const headers = { "x-mambo-signature": [sign({ secret, body: text, now })] };
  assert.equal(createReceiver({ secret, clock: () => now }).verify({ headers, body: text }).keyId, "default");
});

test("a time of validity that is no number is refused", () => {
  for (const notAfter of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => createReceiver({ keys: [{ secret, notAfter }] }), refused("options_invalid"));
  }
});

test("documents that are not JSON are refused without being quoted", () => {
  for (const [option, code] of [
    ["profile", "profile_invalid"],
    ["registry", "registry_invalid"],
  ]) {
    assert.throws(
      () => createReceiver({ secret, [option]: "nope" }),
      (error) => error.code === code && !error.message.includes("nope"),
    );
  }
});

test("what a handler throws is not lost when the store fails too", async () => {
  const store = {
    ...memoryReplayStore(),
    release() {
      throw new Error("redis down");
    },
  };
  await assert.rejects(
    guarded({ store }).process(delivery(), () => {
      throw new Error("no database");
    }),
    ({ errors }) => errors.map(String).join() === "Error: no database,Error: redis down",
  );
});

test("headers that can only be asked by name", () => {
  const headers = { get: (name) => (name === "x-mambo-signature" ? delivery().headers[name] : null) };
  assert.equal(createReceiver({ secret, clock: () => now }).diagnose({ headers, body }).error, null);
  assert.equal(detect({ headers, body, secrets: [secret], now }).profiles.length, 1);
});

test("the store in memory does what a store must", async () => {
  let at = 0;
  await checkReplayStore(memoryReplayStore({ clock: () => at }), {
    wait: async (ms) => {
      at += ms;
    },
  });
  await checkReplayStore(memoryReplayStore());
});

for (const [name, broken, found] of [
  ["gives keys twice", { reserve: () => "yours" }, /a reserved key was given twice: expected "pending", found "yours"/],
  ["forgets commits", { commit() {} }, /a committed key was given again/],
  ["releases nothing", { release() {} }, /a released key was not given again/],
]) {
  test(`the check finds a store that ${name}`, async () => {
    await assert.rejects(checkReplayStore({ ...memoryReplayStore(), ...broken }), found);
  });
}

test("the check finds a store that releases the reservation of another attempt", async () => {
  const store = memoryReplayStore();
  const tokens = new Map();
  const unfenced = {
    ...store,
    reserve(key, ttlMs, token) {
      const reservation = store.reserve(key, ttlMs, token);
      if (reservation === "yours") tokens.set(key, token);
      return reservation;
    },
    release: (key) => store.release(key, tokens.get(key)),
  };
  await assert.rejects(checkReplayStore(unfenced), {
    message: 'replay store: the reservation of another attempt was released: expected "pending", found "yours"',
  });
});

test("a handler that outlives its reservation does not release that of the next attempt", async () => {
  let at = now;
  const clock = () => at;
  const receiver = createReceiver({ secret, clock: () => now, replay: { store: memoryReplayStore({ clock }) } });
  const gate = () => {
    let open;
    const opened = new Promise((resolve) => {
      open = resolve;
    });
    return { open, opened };
  };
  const [first, second] = [gate(), gate()];
  const slow = receiver.process(delivery(), async () => {
    await first.opened;
    throw new Error("too late");
  });
  await Promise.resolve();
  at += 600_000;
  const next = receiver.process(delivery(), async () => {
    await second.opened;
    return "handled";
  });
  first.open();
  await assert.rejects(slow, /too late/);
  await assert.rejects(receiver.process(delivery(), assert.fail), refused("delivery_pending"));
  second.open();
  assert.equal(await next, "handled");
  await assert.rejects(receiver.process(delivery(), assert.fail), refused("delivery_replayed"));
});

test("a refusal is explained", () => {
  const receiver = createReceiver({ secret, clock: () => now });
  const { headers } = delivery();
  const changed = receiver.diagnose({ headers, body: JSON.stringify(JSON.parse(body), null, 2) });
  assert.equal(changed.error.code, "signature_mismatch");
  assert.deepEqual(changed.causes, [
    { code: "body_changed", message: "the body is not what was signed: the JSON was parsed and printed again" },
  ]);
  assert.deepEqual(receiver.diagnose({ headers, body }), { error: null, causes: [], hashes: 0 });
  const elsewhere = receiver.diagnose({ headers: new Headers({ "X-Other": headers["x-mambo-signature"] }), body });
  assert.deepEqual(
    elsewhere.causes.map(({ code }) => code),
    ["header_elsewhere"],
  );
  const skewed = createReceiver({ secret, clock: () => now + 3_600_000 }).diagnose({ headers, body });
  assert.deepEqual(skewed.causes, [
    { code: "clock_skew", message: "the sender's clock is 3600 s behind this one, or the delivery was held up" },
  ]);
});

test("a captured delivery gives its profile", () => {
  const profile = {
    scheme: {
      header: "x-mambo-signature",
      grammar: { form: "sequence", delimiter: ":" },
      signedTexts: ["{timestamp}|{body}"],
      unit: "milliseconds",
    },
  };
  const headers = { "X-Mambo-Signature": sign({ secret, body, now, profile }), host: "localhost" };
  const { profiles, fieldHints } = detect({ headers, body, secrets: ["wrong", secret], now });
  assert.deepEqual(fieldHints, [
    { what: "type", at: "/event" },
    { what: "id", at: "/id" },
    { what: "data", at: "/data" },
  ]);
  assert.equal(profiles.length, 1);
  assert.deepEqual([profiles[0].secret, profiles[0].encoding, profiles[0].timestamp, profiles[0].isRecent], [1, "utf8", now, true]);
  const receiver = createReceiver({ secret, profile: profiles[0].profile, clock: () => now });
  assert.equal(receiver.receive({ headers, body }).event.id, "e-1");
});
