// Bodies are parsed by the host, and the core sees an outline of them: what comes out must be what comes out when the
// core reads the body itself, also where its answer to an outline was kept.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";
import { sign } from "mambo-webhooks/testing";
import { ask } from "./inside.mjs";

const secret = "a secret of at least 16 bytes";
const now = 1_700_000_000_000;
const change = (id, ops, lossy = "none") => ({ id, since: "9.0.0", on: { model: "Activity" }, summary: id, lossy, ops });
const registry = (changes) => ({
  format: 1, releases: ["8.0.0", "8.5.0", "9.0.0"], events: { ActivityCreated: { model: "Activity" } }, models: { Activity: {} }, changes,
});
const structural = registry([
  change("verb", [{ op: "rename", at: "/attrs/verb", to: "action" }]),
  change("place", [{ op: "move", from: "/where", to: "/geo/place" }]),
  change("level", [{ op: "add", at: "/level", default: { from: [1, "x"] } }], "down"),
  change("points", [{ op: "remove", at: "/points", default: "none" }], "up"),
  change("mode", [{ op: "map_value", at: "/mode", pairs: [["a", "alpha"], ["b", "beta"]] }]),
]);
const moving = registry([
  change("verb", [{ op: "rename", at: "/attrs/verb", to: "action" }]),
  change("place", [{ op: "move", from: "/where", to: "/geo/place" }]),
  change("points", [{ op: "rename", at: "/points", to: "score" }]),
]);
const nested = registry([
  { ...change("attrs", [{ op: "rename", at: "/attrs", to: "x" }]), since: "8.5.0" },
  change("verb", [{ op: "rename", at: "/x/verb", to: "action" }]),
]);
const textual = registry([change("count", [{ op: "convert", at: "/count", kind: "int_to_string" }])]);

/** What the core makes of the whole body. */
function byCore(settings, headers, body) {
  const number = 1000;
  assert.equal(ask("open", number, JSON.stringify({ keys: [{ secret }], ...settings })).includes("{"), false);
  const lines = Object.entries(headers).map(([name, value]) => `${name}\n${value}`).join("\n");
  const { ok, error } = JSON.parse(ask("receive", number, lines, Buffer.from(body), now));
  ask("close", number);
  if (error) return error.code;
  const { kind = null, id = null, receivedVersion = null, deliveredVersion = null } = ok;
  return { kind, id, time: ok.time, data: ok.data, receivedVersion, deliveredVersion, applied: ok.applied, losses: ok.losses };
}

function byOutline(receiver, headers, body) {
  try {
    const found = receiver.receive({ headers, body });
    const { event, kind, receivedVersion, deliveredVersion, applied, losses } = found;
    return { kind, id: event.id, time: event.time, data: event.data, receivedVersion, deliveredVersion, applied, losses };
  } catch (error) {
    if (error.code === undefined) throw error;
    return error.code;
  }
}

// A generator with a seed: the same bodies in every run.
let state = 7;
const random = (below) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % below;
const pick = (list) => list[random(list.length)];
const SCALARS = ['"read"', '"a"', '"b"', '"\\u0061"', '"\\u0000"', '"none"', "null", "true", "-0", "1.50", "1e3", "1e400", "12345678901234567890", '"\\ud800"', '"\uFDD00"', '""', '{"\uFDD00":0}', '["\uFDD00"]'];
const value = (depth) =>
  depth === 0 || random(3) > 0 ? pick(SCALARS)
  : random(2) > 0 ? `[${Array.from({ length: random(4) }, () => value(depth - 1))}]`
  : object(["verb", "action", "x", "__proto__", "\uFDD01", "7"], depth - 1);
const object = (names, depth) => {
  const members = names.filter(() => random(3) > 0).map((name) => `"${name}":${value(depth)}`);
  if (random(6) === 0) members.push(`"${pick(names)}":${value(depth)}`);
  return `{${members}}`;
};
const data = () => {
  const inner = object(["where", "geo", "level", "points", "mode", "count", "constructor", "__proto__"], 2);
  return inner.replace("{", `{"attrs":${object(["verb", "action", "type"], 1)},"filler":"${"x".repeat(random(2) * 2000)}"${inner === "{}" ? "" : ","}`);
};
const body = () =>
  random(5) === 0 ? data() : `{"event":${pick(['"ActivityCreated"', '"New"', "7", "{}"])},"version":${pick(['"8.0.0"', '"9.0.0"', "8"])},"id":${pick(['"e"', "5", "[]", '"\\ud800"'])},"eventId":${pick(['"other"', '""'])},"time":${value(1)},"data":${data()}}`;

for (const [name, settings] of Object.entries({
  "as received": {},
  "upgraded": { registry: structural, wanted: "9.0.0" },
  "moved": { registry: moving, wanted: "9.0.0" },
  "moved back": { registry: moving, wanted: "8.0.0" },
  "changed inside of what moved": { registry: nested, wanted: "9.0.0" },
  "by header": { registry: moving, wanted: "9.0.0", profile: { envelope: { kind: ["/kind"], data: [""], kindHeader: "x-kind", versionHeader: "x-release" } } },
  "downgraded": { registry: structural, wanted: "8.0.0" },
  "with a conversion": { registry: textual, wanted: "9.0.0", kind: "ActivityCreated", pinned: "8.0.0" },
  "strictly": { registry: structural, wanted: "9.0.0", strict: true },
})) {
  test(`1000 bodies, ${name}, come out alike`, () => {
    const receiver = createReceiver({ secret, ...settings, clock: () => now });
    for (let number = 0; number < 1000; number += 1) {
      const text = body();
      const headers = { "x-mambo-signature": sign({ secret, body: text, now }), "x-kind": "ActivityCreated", "x-release": pick(["8.0.0", "9.0.0"]) };
      assert.deepEqual(byOutline(receiver, headers, text), byCore(settings, headers, text), `for ${text.replace(/x{9,}/, "x")}`);
    }
  });
}

test("what is wrong with a body is said as by the core", () => {
  const receiver = createReceiver({ secret, clock: () => now });
  const filler = `"${"x".repeat(50)}"`;
  for (const text of [`{"a":${filler}`, `{"a":${filler},}`, `[${filler}]`, filler, `\uFEFF{"a":${filler},"b":1}`]) {
    const headers = { "x-mambo-signature": sign({ secret, body: text, now }) };
    assert.deepEqual(byOutline(receiver, headers, text), byCore({}, headers, text));
  }
});

test("an answer that was kept is not shared", () => {
  const receiver = createReceiver({ secret, registry: moving, wanted: "9.0.0", clock: () => now });
  const receive = (id) => {
    const text = `{"event":"ActivityCreated","id":"${id}","version":"8.0.0","data":{"points":${id.length},"attrs":{"verb":"${id}"}}}`;
    return receiver.receive({ headers: { "x-mambo-signature": sign({ secret, body: text, now }) }, body: text });
  };
  const first = receive("a");
  first.event.data.attrs.action = "changed by the user";
  first.applied.push("by the user");
  const { event, applied } = receive("bcd");
  assert.deepEqual(event.data, { score: 3, attrs: { action: "bcd" } });
  assert.equal(event.id, "bcd");
  assert.deepEqual(applied, ["verb", "points"]);
});

const text = (data, more = "") => `{"event":"ActivityCreated","version":"8.0.0",${more}"data":${data}}`;
const renaming = (to) => ({ registry: registry([change("verb", [{ op: "rename", at: "/verb", to }])]), wanted: "9.0.0" });
const table = { registry: registry([change("mode", [{ op: "map_value", at: "/mode", pairs: [["a", "a"], ["b", "beta"]] }])]), wanted: "9.0.0" };

for (const [name, settings, body] of [
  ["an id that is half a surrogate pair", {}, text("{}", '"id":"\\ud800","eventId":"real",')],
  ["a member that is renamed to one that sets prototypes", renaming("__proto__"), text('{"verb":{"admin":true}}')],
  ["a text that is the table's own, with an escape", table, text('{"mode":"\\u0061"}')],
]) {
  test(`${name} comes out alike`, () => {
    const headers = { "x-mambo-signature": sign({ secret, body, now }) };
    const [found, expected] = [byOutline(createReceiver({ secret, ...settings, clock: () => now }), headers, body), byCore(settings, headers, body)];
    assert.deepEqual(found, expected);
    assert.deepEqual(Object.keys(found.data), Object.keys(expected.data));
    assert.equal(Object.getPrototypeOf(found.data), Object.prototype);
  });
}

test("frozen prototypes, iterators as headers, and headers that throw", () => {
  const run = `
    Object.freeze(Object.prototype);
    const { createReceiver } = await import("mambo-webhooks");
    const { sign } = await import("mambo-webhooks/testing");
    const secret = ${JSON.stringify(secret)};
    const receiver = createReceiver({ secret, ...${JSON.stringify(renaming("action"))} });
    const body = ${JSON.stringify(text('{"constructor":1,"verb":2,"toString":3}'))};
    const headers = new Headers({ "x-mambo-signature": sign({ secret, body }) });
    const { data } = receiver.receive({ headers, body }).event;
    console.log(JSON.stringify(data));
    const odd = ${JSON.stringify(text('{"__proto__":{}}'))};
    const iterator = new Headers({ "x-mambo-signature": sign({ secret, body: odd }) }).entries();
    console.log(receiver.receive({ headers: iterator, body: odd }).kind);
    try {
      receiver.receive({ headers: { get() { throw new RangeError("the caller's own"); } }, body });
    } catch (error) {
      console.log(error.name);
    }`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", run], { encoding: "utf8" });
  assert.deepEqual([stdout.trim().split("\n"), stderr], [['{"constructor":1,"action":2,"toString":3}', "ActivityCreated", "RangeError"], ""]);
});
