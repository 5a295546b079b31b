import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import vm from "node:vm";
import { createReceiver } from "mambo-webhooks";
import { sign } from "mambo-webhooks/testing";
import { checkRegistry } from "mambo-webhooks/tools";
import { body, headers, receiver, refusal, secret } from "./ping.mjs";

const dist = join(process.cwd(), "node_modules/mambo-webhooks/dist");
const repository = process.env.MAMBO_REPOSITORY;
const require = createRequire(import.meta.url);

test("a body in every shape of bytes", () => {
  const bytes = new TextEncoder().encode(body);
  const padded = new Uint8Array([0, ...bytes, 0]);
  const elsewhere = vm.runInNewContext("new Uint8Array(numbers)", { numbers: [...bytes] });
  const shapes = [
    body,
    bytes,
    bytes.buffer,
    Buffer.from(body),
    new DataView(bytes.buffer),
    padded.subarray(1, -1),
    elsewhere,
    elsewhere.buffer,
  ];
  for (const shape of shapes) assert.equal(receiver.receive({ headers: headers(), body: shape }).type, "Ping");
});

test("bytes that another thread may change are copied, a Buffer's too", () => {
  const shared = Buffer.from(new SharedArrayBuffer(body.length));
  shared.write(body);
  for (const shape of [shared, new Uint8Array(shared.buffer), shared.buffer]) {
    const { raw } = receiver.receive({ headers: headers(), body: shape });
    assert.equal(raw.buffer.constructor, ArrayBuffer);
    assert.equal(new TextDecoder().decode(raw), body);
  }
});

test("no headers at all, and headers with numbers in them", () => {
  const missing = [true, "header_missing", "peer", "header x-mambo-signature is missing"];
  for (const none of [undefined, null]) {
    assert.deepEqual(
      refusal(() => receiver.receive({ headers: none, body })),
      missing,
    );
    assert.deepEqual(
      refusal(() => receiver.verify({ headers: none, body })),
      missing,
    );
    assert.equal(receiver.diagnose({ headers: none, body }).error.code, "header_missing");
  }
  const text = [true, "headers_invalid", "caller", "headers is a string, not the request's headers"];
  for (const act of ["receive", "verify"])
    assert.deepEqual(
      refusal(() => receiver[act]({ headers: headers()["x-mambo-signature"], body })),
      text,
    );
  assert.equal(receiver.diagnose({ headers: "t=1", body }).error.code, "headers_invalid");
  const counted = { ...headers(), "content-length": 42 };
  assert.equal(receiver.diagnose({ headers: counted, body }).error, null);
});

test("a secret beside keys is refused, and not left out", () => {
  const both = refusal(() => createReceiver({ secret, keys: [{ id: "next", secret }] }));
  assert.deepEqual(both, [true, "options_invalid", "config", "options: expected either `secret` or `keys` at the top"]);
});

test("a secret that is no Unicode is refused, and not taken for another", () => {
  const malformed = [true, "options_invalid", "config", "options: expected text at /keys/0/secret"];
  const lone = "\ud800 and more than sixteen bytes";
  assert.deepEqual(
    refusal(() => createReceiver({ secret: lone })),
    malformed,
  );
  assert.deepEqual(
    refusal(() => createReceiver({ keys: [{ id: "k", secret: lone }] })),
    malformed,
  );
  const paired = "\u{1f511} and more than sixteen bytes";
  const signature = createHmac("sha256", paired).update(`1700000000.${body}`).digest("hex");
  const early = createReceiver({ secret: paired, clock: () => 1_700_000_000_000 });
  assert.equal(early.receive({ headers: { "x-mambo-signature": `t=1700000000,v1=${signature}` }, body }).type, "Ping");
});

test("data nested as deep as a registry may", () => {
  const versions = Array.from({ length: 2049 }, (_, minor) => `9.${minor}.0`);
  const changes = versions
    .slice(1)
    .map((since) => ({ id: since, since, on: { event: "Ping" }, summary: "s", lossy: "none", ops: [{ op: "wrap", at: "", key: "in" }] }));
  const deep = createReceiver({ secret, registry: { format: 1, versions, changes }, pinned: "9.0.0", targetVersion: "latest" });
  const {
    event: { data },
    applied,
  } = deep.receive({ headers: headers(), body });
  let inner = data;
  while ("in" in inner) inner = inner.in;
  assert.deepEqual([inner, applied.length], [{ message: "ping" }, 2048]);
});

test("a secret of any letters", () => {
  const odd = "pässwörd – 密码 🐍 \u{10FFFF}";
  const type = (settings) => createReceiver(settings).receive({ headers: { "x-mambo-signature": sign({ secret: odd, body }) }, body }).type;
  assert.deepEqual([type({ secret: odd }), type({ keys: [{ id: "a", secret: odd }], mac: "host" })], ["Ping", "Ping"]);
});

test("headers in every shape", () => {
  const value = headers()["x-mambo-signature"];
  const shapes = [
    new Headers({ "X-Mambo-Signature": value }),
    { "X-MAMBO-SIGNATURE": value },
    { "x-mambo-signature": [value] },
    [["X-Mambo-Signature", value]],
    ["Host", "localhost", "X-Mambo-Signature", value],
    new Map([["X-Mambo-Signature", value]]),
  ];
  for (const shape of shapes) assert.equal(receiver.receive({ headers: shape, body }).type, "Ping");
});

test("a repeated header is refused", () => {
  const twice = { "x-mambo-signature": ["a", "b"] };
  assert.deepEqual(
    refusal(() => receiver.receive({ headers: twice, body })),
    [true, "header_repeated", "peer", "header x-mambo-signature came 2 times, expected once"],
  );
});

test("a line end in a header is refused where it stands", () => {
  const split = { "x-mambo-signature": "t=1\nv1=2" };
  assert.deepEqual(
    refusal(() => receiver.receive({ headers: split, body })),
    [true, "header_malformed", "peer", "header x-mambo-signature: expected printable ASCII at byte 3"],
  );
});

for (const [name, found, shape] of [
  ["parsed object", "an object", {}],
  ["parsed array", "an array", []],
  ["date", "an object", new Date(0)],
  ["nothing", "undefined", undefined],
  ["null", "null", null],
  ["number", "a number", 1],
  ["promise", "a promise that was not awaited", Promise.resolve("")],
  ["stream", "a ReadableStream that was not read", new ReadableStream()],
  ["request", "a Request that was not read", new Request("https://localhost/", { method: "POST", body })],
]) {
  test(`a body that is a ${name} is told what it is`, () => {
    const sentence = `body is ${found}, not the received bytes: read the raw body before any JSON middleware`;
    assert.deepEqual(
      refusal(() => receiver.receive({ headers: headers(), body: shape })),
      [true, "body_parsed", "caller", sentence],
    );
  });
}

test("a clock that is no time is the caller's fault", () => {
  for (const now of [Number.NaN, Number.POSITIVE_INFINITY, 0.5]) {
    const found = refusal(() => createReceiver({ secret, clock: () => now }).receive({ headers: headers(), body }));
    assert.deepEqual(found, [true, "now_invalid", "caller", "now is not a whole number of milliseconds since 1970"]);
  }
});

test("no secret at all", () => {
  const missing = [true, "secret_empty", "config", "secret of key `default` is empty"];
  for (const none of [undefined, null])
    assert.deepEqual(
      refusal(() => createReceiver({ secret: none })),
      missing,
    );
});

const declaredIn = (name) =>
  [...readFileSync(join(repository, `js/src/${name}_bg.d.ts`), "utf8").matchAll(/export function (\w+)/g)].map(([, each]) => each);

test("the generated glue has the functions that its declarations name", async () => {
  // The tools' module has the core's functions too.
  for (const [name, ...declaring] of [
    ["core", "core"],
    ["tools", "core", "tools"],
  ]) {
    const declared = new Set(declaring.flatMap(declaredIn));
    const generated = Object.keys(await import(join(repository, `target/js/${name}_bg.js`)));
    const ours = generated.filter((each) => !/^__wbg_(?!set_wasm)|^__wbindgen|^start$/.test(each));
    assert.deepEqual([...declared].sort(), ours.sort(), name);
  }
});

test("the base64 in the package is the modules in the package, byte for byte", async () => {
  for (const name of ["core", "tools"]) {
    const { base64 } = await import(join(dist, `${name}_bytes.js`));
    assert.equal(Buffer.compare(Buffer.from(base64, "base64"), readFileSync(join(dist, `${name}_bg.wasm`))), 0);
    assert.equal(require(join(dist, `${name}_bytes.cjs`)).base64, base64);
  }
});

/** A registry whose one change renames a member of an activity, with the member's old name as its id. */
const renaming = (from, to) => ({
  format: 1,
  versions: ["8.0.0", "9.0.0"],
  events: { ActivityCreated: { model: "Activity" } },
  models: { Activity: {} },
  changes: [
    {
      id: from,
      since: "9.0.0",
      on: { model: "Activity" },
      summary: "s",
      lossy: "none",
      ops: [{ op: "rename", at: `/${from}`, to }],
    },
  ],
});

test("the exact text of the data is there, where JSON.parse rounds numbers", () => {
  const data = '{"amount": 12345678901234567890, "points":[1.0,"\\u0041"]}';
  const text = `{"event":"ActivityCreated","data":${data}}`;
  const found = receiver.receive({ headers: { "x-mambo-signature": sign({ secret, body: text }) }, body: text });
  assert.equal(found.json, data);
  assert.deepEqual(found.event.data, JSON.parse(data));
  const registry = renaming("amount", "sum");
  const upgraded = createReceiver({ secret, registry, pinned: "8.0.0", targetVersion: "latest" });
  const renamed = upgraded.receive({ headers: { "x-mambo-signature": sign({ secret, body: text }) }, body: text });
  assert.equal(renamed.json, data.replace("amount", "sum"));
  assert.deepEqual(renamed.applied, ["amount"]);
});

test("a member that is renamed to one that sets prototypes is a member", () => {
  const registry = renaming("verb", "__proto__");
  const text = '{"event":"ActivityCreated","version":"8.0.0","data":{"verb":{"admin":true}}}';
  const upgraded = createReceiver({ secret, registry, targetVersion: "latest" });
  const {
    event: { data },
  } = upgraded.receive({ headers: { "x-mambo-signature": sign({ secret, body: text }) }, body: text });
  assert.deepEqual(Object.keys(data), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(data), Object.prototype);
});

test("an iterator of headers, and headers that throw", () => {
  const pairs = Object.entries(headers());
  assert.equal(receiver.receive({ headers: pairs[Symbol.iterator](), body }).type, "Ping");
  const broken = {
    get() {
      throw new TypeError("no headers today");
    },
  };
  assert.throws(() => receiver.receive({ headers: broken, body }), { name: "TypeError", message: "no headers today" });
  assert.equal(receiver.receive({ headers: headers(), body }).type, "Ping");
});

test("a registry document is checked whole, with places and hints", () => {
  const registry = { format: 1, versions: ["9.0.0"], changes: [{ id: "a" }] };
  const problems = checkRegistry(registry);
  assert.ok(problems.length > 1, JSON.stringify(problems));
  for (const { code, at, message, hint } of problems)
    assert.deepEqual([typeof code, at.startsWith("/changes/0"), message !== "", typeof hint], ["string", true, true, "string"]);
  assert.deepEqual(checkRegistry({ format: 1, versions: ["9.0.0"], changes: [] }), []);
});

test("CommonJS and ES modules answer alike", () => {
  const common = require("mambo-webhooks");
  assert.equal(common.createReceiver({ secret }).receive({ headers: headers(), body }).type, "Ping");
  const esm = Number(process.versions.node.split(".")[0]) >= 22 || process.features.require_module === true;
  if (esm) assert.equal(common.createReceiver, createReceiver);
});

test("the clock is looked up when it is used, so fake timers count", (context) => {
  const made = createReceiver({ secret });
  context.mock.timers.enable({ apis: ["Date"], now: 1_700_000_000_000 });
  const at = { "x-mambo-signature": sign({ secret, body }) };
  assert.equal(made.receive({ headers: at, body }).timestamp, 1_700_000_000_000);
});

test("stripe reads our signature", () => {
  const Stripe = createRequire(join(repository, "js/package.json"))("stripe");
  const stripe = new Stripe("sk_test_unused");
  for (const payload of [
    '{"id":"evt_1","object":"event"}',
    '{"text":"é","object":"event"}',
    '{"object":"event"}',
    '{"a":[],"object":"event"}',
  ]) {
    const header = sign({
      secret,
      body: payload,
      profile: { scheme: { header: "stripe-signature", signedTexts: ["{timestamp}.{body}"] } },
    });
    assert.deepEqual(stripe.webhooks.constructEvent(payload, header, secret), JSON.parse(payload));
  }
});

test("text over the limit is refused before it is copied", () => {
  const delivery = { headers: headers(), body: "x".repeat(1_048_577) };
  const { encode } = TextEncoder.prototype;
  TextEncoder.prototype.encode = () => assert.fail("it was copied");
  try {
    assert.deepEqual(
      refusal(() => receiver.receive(delivery)),
      [true, "body_too_large", "peer", "body is over 1048576 bytes"],
    );
  } finally {
    TextEncoder.prototype.encode = encode;
  }
});

test("a diagnosis explains what the core never sees, and bodies over the limit", () => {
  const cause = {
    code: "body_parsed",
    message: "a parser ran first: pass the bytes, as `express.raw()`, `request.rawBody` or `await request.bytes()` have them",
  };
  for (const found of [{ event: "Ping" }, undefined, [], 7]) {
    const { error, causes, hashes } = receiver.diagnose({ headers: headers(), body: found });
    assert.deepEqual([error.code, causes, hashes], ["body_parsed", [cause], 0]);
  }
  assert.equal(receiver.diagnose().error.code, "body_parsed");
  const small = createReceiver({ secret, maxBodyBytes: 8 });
  const message = "the signature fits: raise the receiver's limit, which is 8 bytes";
  assert.deepEqual(small.diagnose({ headers: headers(), body }).causes, [{ code: "limit_low", message }]);
  const far = small.diagnose({ headers: headers(), body: new Uint8Array(17 * 1024 * 1024) });
  assert.deepEqual([far.error.code, far.causes], ["body_too_large", []]);
});
