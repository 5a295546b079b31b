// `rehearse`: what it says of handlers between two versions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRehearsal, rehearse, sample, sampleDelivery } from "mambo-webhooks/testing";
import { registry, row, saved, upgrade, wallet } from "./rehearsed.mjs";

const gone = { readButGone: ["/exampleField"] };
const noFirst = "TypeError: Cannot read properties of undefined (reading 'toUpperCase')";

for (const [name, handler, expected, ok] of [
  ["an equal result", ({ data }) => ({ size: data.lines.length }), {}, true],
  ["an equal result of an asynchronous handler", async ({ data }) => Promise.resolve([data.lines.length, NaN]), {}, true],
  ["another result", ({ data }) => ({ a: 1, b: [data.exampleField] }), { outcome: "other", differsAt: "/b/0", ...gone }, false],
  ["a result at one version only", ({ data }) => data.exampleField, { outcome: "other", differsAt: "", ...gone }, false],
  ["no result", ({ data }) => void data.lines, { outcome: "no_result" }, true],
  ["no result, and a member that is gone", ({ data }) => void data.exampleField, { outcome: "no_result", ...gone }, false],
  ["an error at the new version", ({ data }) => data.exampleField.toUpperCase(), { outcome: "thrown", ...gone, error: noFirst }, false],
  [
    "an error at the new version, with all that is read at the old one",
    ({ data }) => `${data.exampleField.toUpperCase()}${data.lines.map(({ label }) => label)}`,
    { outcome: "thrown", readButGone: ["/exampleField", "/lines/*/label"], error: noFirst },
    false,
  ],
  [
    "a rejection at both versions",
    async () => {
      throw new RangeError("no database");
    },
    { outcome: "thrown_both", error: "RangeError: no database" },
    false,
  ],
  [
    "an error at the old version only",
    ({ data }) => data.newExampleField.toUpperCase() && data.lines.length,
    { outcome: "thrown_before", error: noFirst },
    true,
  ],
  [
    "a value that is no error, thrown",
    () => {
      throw Object.create(null);
    },
    { outcome: "thrown_both", error: "a value without a text" },
    false,
  ],
  ["a handler that takes either name", ({ data }) => data.newExampleField ?? data.exampleField, {}, true],
  ["a handler that asks for the old name first", ({ data }) => data.exampleField ?? data.newExampleField, gone, false],
  [
    "a handler that asks whether it is there",
    ({ data }) => "exampleField" in data && true,
    { outcome: "other", differsAt: "", ...gone },
    false,
  ],
  [
    "a handler that asks whether it is its own",
    ({ data }) => void Object.hasOwn(data, "exampleField"),
    { outcome: "no_result", ...gone },
    false,
  ],
  [
    "a handler that restores the old name",
    ({ data }) => {
      data.exampleField = data.newExampleField ?? "value";
      return data.exampleField;
    },
    {},
    true,
  ],
  [
    "elements of a list",
    ({ data }) => void data.lines.map(({ label }) => label),
    { outcome: "no_result", readButGone: ["/lines/*/label"] },
    false,
  ],
  ["listed members", ({ data }) => void JSON.stringify(data), { outcome: "no_result", listedButChanged: ["", "/lines/*"] }, true],
  ["the data as text", (_event, { json }) => void json, { outcome: "no_result", listedButChanged: ["", "/lines/*"] }, true],
  ["a clone", ({ data }) => void structuredClone(data).exampleField, { outcome: "no_result", readsKnown: false }, true],
  ["a random result", () => ({ id: Math.random() }), { outcome: "unsteady" }, true],
  ["a result that cannot be looked into", () => new Response("text"), { outcome: "unsteady" }, true],
]) {
  test(`a rehearsal tells ${name}`, async () => {
    const report = await upgrade({ PointWalletUpdated: handler }, wallet());
    assert.deepEqual(report, { from: "8.10.2", to: "9.0.0", ok, rows: [row(expected)] });
  });
}

test("members below a value that became a text are missed", async () => {
  const activity = saved("ActivityCreated", { name: { first: "Ann" }, attrs: { verb: "read", type: "behaviour" } });
  const { rows } = await upgrade({ ActivityCreated: ({ data }) => void [data.name.first, data.attrs.verb] }, activity);
  const shared = { type: "ActivityCreated", handler: 'on("ActivityCreated")' };
  assert.deepEqual(rows, [
    row({ ...shared, outcome: "no_result", readButGone: ["/attrs/verb", "/name/first"], applied: ["activity-name", "activity-verb"] }),
  ]);
});

test("where an object is gone, its members are not told", async () => {
  const notice = saved("NotificationCreated", { awarded: { prizes: { coupon: 1 } } });
  const { rows } = await upgrade({ NotificationCreated: ({ data }) => data.awarded.prizes.coupon }, notice);
  assert.deepEqual([rows[0].outcome, rows[0].readButGone], ["thrown", ["/awarded"]]);
});

test("losses of the upgrade are told, and those of a delivery that is newer than the old version", async () => {
  const awarded = saved("NotificationCreated", { id: "n", awarded: { type: "achievement" } });
  const up = await upgrade({ NotificationCreated: ({ data }) => data.id }, awarded);
  const lost = { change: "notification-awarded", at: "/awarded", kind: "value_dropped" };
  assert.deepEqual(up.rows, [
    row({ type: "NotificationCreated", handler: 'on("NotificationCreated")', losses: [lost], applied: ["notification-awarded"] }),
  ]);
  assert.equal(up.ok, false);

  const coupon = saved("CouponExpired", { code: "x", note: "used" }, { version: "9.0.0" });
  const down = await upgrade((receiver) => receiver.onUnknown(({ data }) => data.code), coupon);
  const noted = { change: "coupon-note", at: "/note", kind: "value_dropped" };
  assert.deepEqual(down.rows, [
    row({ type: "CouponExpired", handler: "onUnknown()", receivedVersion: "9.0.0", lossesBefore: [noted], applied: ["coupon-note"] }),
  ]);
  assert.equal(down.ok, true);
});

test("what changes for a receiver without a target version is told beside it", async () => {
  const newer = saved("PointWalletUpdated", { newExampleField: "value" }, { version: "9.0.0" });
  const { rows } = await upgrade({ PointWalletUpdated: ({ data }) => data.exampleField }, newer);
  assert.deepEqual(rows, [
    row({
      outcome: "other",
      asReceived: "no_result",
      differsAt: "",
      receivedVersion: "9.0.0",
      readButGone: ["/exampleField"],
      applied: ["wallet-field"],
    }),
  ]);
});

test("a function adds handlers as it does to a receiver", async () => {
  function greet({ data }) {
    return data.message;
  }
  const seen = [];
  const add = async (receiver) => {
    await null;
    receiver
      .on("Ping", greet)
      .on("Ping", greet)
      .onAny(({ type }, _received, context) => seen.push([type, ...context]) && type)
      .onUnknown(greet);
  };
  const deliveries = [saved("Ping", { message: "hello" }, { name: "first" }), saved("CouponExpired", {})];
  const { rows, ok } = await upgrade(add, deliveries, { context: ["request", "env"] });
  assert.deepEqual(
    rows.map(({ delivery, type, handler, outcome }) => [delivery, type, handler, outcome]),
    [
      ["first", "Ping", 'on("Ping", greet)', "same"],
      ["first", "Ping", 'on("Ping", greet) #2', "same"],
      ["first", "Ping", "onAny()", "same"],
      ["#2", "CouponExpired", "onAny()", "same"],
      ["#2", "CouponExpired", "onUnknown(greet)", "no_result"],
    ],
  );
  assert.equal(ok, true);
  assert.deepEqual(seen, [...Array(3).fill(["Ping", "request", "env"]), ...Array(3).fill(["CouponExpired", "request", "env"])]);
});

test("an event without a handler is told, and a rehearsal without a handler that ran is not ok", async () => {
  const handlers = { Ping: ({ data }) => data.message };
  const unhandled = row({ handler: null, outcome: "unhandled" });
  assert.deepEqual((await upgrade(handlers, wallet())).rows, [unhandled]);
  assert.deepEqual([(await upgrade(handlers, wallet())).ok, (await upgrade(handlers, [])).ok], [false, false]);
  assert.equal((await upgrade(handlers, [wallet(), saved("Ping", { message: "m" })])).ok, true);
});

test("each run has another event and other bytes, and the saved delivery stays", async () => {
  const delivery = { ...wallet(), body: Buffer.from(wallet().body) };
  const before = delivery.body.toString();
  const change = (event, received) => {
    const found = [Object.keys(event.data).length, received.raw[0], received.event === event];
    event.data.added = event.data.lines.pop();
    event.data.lines.length = 0;
    event.type = "changed";
    received.raw.fill(0);
    return found;
  };
  const { rows } = await upgrade((receiver) => receiver.onAny(change).onAny(change), delivery);
  assert.deepEqual(
    rows.map(({ type, outcome }) => [type, outcome]),
    [
      ["PointWalletUpdated", "same"],
      ["PointWalletUpdated", "same"],
    ],
  );
  assert.equal(delivery.body.toString(), before);
});

test("handlers run one after another, at the version received, the old one and the new one", async () => {
  const seen = [];
  const handler = async ({ data }, { deliveredVersion }) => {
    seen.push(`${deliveredVersion} begins`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    seen.push(`${deliveredVersion} ends with ${Object.keys(data)[0]}`);
  };
  const newer = saved("PointWalletUpdated", { newExampleField: "value" }, { version: "9.0.0" });
  await upgrade({ PointWalletUpdated: handler }, newer);
  const run = (version, member) => [`${version} begins`, `${version} ends with ${member}`];
  assert.deepEqual(seen, [...run("9.0.0", "newExampleField"), ...run("8.10.2", "exampleField"), ...run("9.0.0", "newExampleField")]);
});

test("a handler runs three times, and once more where only that can tell whether its result is steady", async () => {
  const newer = saved("PointWalletUpdated", { newExampleField: "value" }, { version: "9.0.0" });
  for (const [delivery, result, outcome, runs] of [
    [wallet(), () => "one", "same", 3],
    [wallet(), (data) => Object.keys(data), "other", 3],
    [wallet(), (_data, count) => count, "unsteady", 3],
    [newer, (data) => Object.keys(data), "other", 4],
    [newer, (_data, count) => count, "unsteady", 4],
    // It does its work once, as with a replay store.
    [wallet(), (_data, count) => (count === 1 ? "created" : "exists"), "same", 3],
  ]) {
    let count = 0;
    const { rows } = await upgrade({ PointWalletUpdated: ({ data }) => result(data, (count += 1)) }, delivery);
    const asReceived = delivery === newer && outcome === "other" ? "same" : outcome;
    assert.deepEqual([rows[0].outcome, rows[0].asReceived, count], [outcome, asReceived, runs]);
  }
});

test("a delivery that names no version has the old one, or the one that is given", async () => {
  const bare = saved("PointWalletUpdated", { exampleField: "value" }, { version: null });
  const handlers = { PointWalletUpdated: ({ data }) => data.exampleField };
  const [found] = (await upgrade(handlers, bare)).rows;
  assert.deepEqual([found.receivedVersion, found.outcome], ["8.10.2", "other"]);
  const [pinned] = (await upgrade(handlers, bare, { pinned: "8.7.2" })).rows;
  assert.deepEqual([pinned.receivedVersion, pinned.outcome], ["8.7.2", "other"]);
});

test("signatures are verified where there is a secret, however old they are", async () => {
  const secret = "correct horse battery staple";
  const now = 1_000_000_000_000;
  const handlers = { Ping: ({ data }, { timestamp, keyId }) => [data.message, timestamp, keyId] };
  const good = sampleDelivery("Ping", { secret, now });
  const { rows, ok } = await upgrade(handlers, [good, saved("Ping", {})], { secret });
  assert.deepEqual(
    rows.map(({ type, outcome, error }) => [type, outcome, error]),
    [
      ["Ping", "same", null],
      [null, "refused", "signature_mismatch: none of 1 signatures matches any of 1 keys"],
    ],
  );
  assert.equal(ok, false);
  const keys = [{ id: "a", secret }];
  assert.equal((await upgrade(handlers, good, { keys })).ok, true);
});

test("without a secret, a profile says how deliveries are laid out, its headers too", async () => {
  const profile = { scheme: { header: "x-other" }, envelope: { typeHeader: "x-type", data: [""] } };
  const delivery = { headers: new Headers({ "X-Type": "PointWalletUpdated", "x-other": "junk" }), body: '{"exampleField":1}' };
  const { rows } = await upgrade({ PointWalletUpdated: ({ data }) => data.newExampleField }, delivery, { profile });
  assert.deepEqual(rows, [row({ outcome: "other", differsAt: "", applied: ["wallet-field"] })]);
});

test("a delivery that is refused is a row", async () => {
  const { rows, ok } = await upgrade({ Ping: () => 1 }, [
    { headers: {}, body: "{" },
    { headers: {}, body: { event: "Ping" } },
    { headers: {}, body: sample("Ping") },
  ]);
  assert.deepEqual(
    rows.map(({ outcome, error }) => [outcome, error]),
    [
      ["refused", "body_not_json: body is not JSON at line 1 column 1"],
      ["refused", "body_parsed: body is an object, not the received bytes: read the raw body before any JSON middleware"],
      ["same", null],
    ],
  );
  assert.equal(ok, false);
});

test("options that cannot be used are refused by name", async () => {
  const refused = async (options) => {
    const all = { deliveries: [], registry, from: "8.10.2", to: "9.0.0", handlers: { Ping: () => 1 }, ...options };
    return rehearse(all).then(
      () => "accepted",
      ({ code, message }) => [code, message],
    );
  };
  const version = "options: expected three numbers joined by dots, such as 8.10.2 at";
  assert.deepEqual(await refused({ from: "8.10" }), ["options_invalid", `${version} /from`]);
  assert.deepEqual(await refused({ to: "latest" }), ["options_invalid", `${version} /to`]);
  assert.deepEqual(await refused({ handlers: undefined }), [
    "options_invalid",
    "options: expected an object of handlers by event type, or a function that takes a receiver, at /handlers",
  ]);
  assert.deepEqual((await refused({ handlers: {} }))[0], "handlers_missing");
  assert.deepEqual((await refused({ handlers: () => {} }))[0], "handlers_missing");
  assert.deepEqual((await refused({ handlers: { Ping: "no function" } }))[0], "handlers_missing");
  assert.deepEqual((await refused({ handlers: { ping: () => 1 } }))[0], "event_type_unknown");
  assert.deepEqual((await refused({ registry: "{" }))[0], "registry_invalid");
});

test("the receiver that a function gets receives as any other one", async () => {
  const secret = "correct horse battery staple";
  const add = (receiver) => receiver.onAny(() => receiver.receive(sampleDelivery("Ping", { secret })).type);
  const { rows } = await upgrade(add, sampleDelivery("Ping", { secret }), { secret });
  assert.equal(rows[0].outcome, "same");
});

test("deliveries may come one by one", async () => {
  async function* one() {
    yield wallet({ name: "only" });
  }
  const report = await rehearse({ deliveries: one(), registry, from: "8.10.2", to: "9.0.0", handlers: { PointWalletUpdated: () => 1 } });
  assert.deepEqual(report.rows, [row({ delivery: "only" })]);
  assert.equal(formatRehearsal(report).split("\n").at(-1), "ok: 1 row, 1 delivery");
});
