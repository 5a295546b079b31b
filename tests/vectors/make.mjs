// Makes receive.json: deliveries with what must come of them. Signatures come from node:crypto and from npm stripe,
// never from the code under test. Run after a change here: node tests/vectors/make.mjs
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../js/package.json", import.meta.url));
const Stripe = require("stripe");

const SECRET = "correct horse battery staple";
const NOW = 1_700_000_000_000;
const T = NOW / 1000;
const BODY = '{"event":"ActivityCreated","id":"e-1","version":"8.0.3","data":{"uuid":"user-1"}}';
const EVENT = {
  type: "ActivityCreated",
  id: "e-1",
  data: '{"uuid":"user-1"}',
  keyId: "default",
  receivedVersion: "8.0.3",
  deliveredVersion: "8.0.3",
  applied: [],
  timestamp: NOW,
};

const mac = (secret, ...parts) => parts.reduce((hmac, part) => hmac.update(part), createHmac("sha256", secret)).digest("hex");
const header = (body = BODY, t = T, secret = SECRET, separator = ".") => `t=${t},v1=${mac(secret, `${t}`, separator, body)}`;

const cases = [];
const add = (name, source, { headers, value, body = BODY, now = NOW, settings = {} }, expect) => {
  const named = headers ?? [["X-Mambo-Signature", value ?? header(body)]];
  const bytes = typeof body === "string" ? { body } : { bodyHex: body.toString("hex") };
  cases.push({ name, source, settings: { keys: [{ secret: SECRET }], ...settings }, headers: named, ...bytes, now, expect });
};
const refuse = (name, source, given, code, message, fault = "peer") => add(name, source, given, { code, fault, message });

// What is accepted.
add("default grammar, joined by a dot", "assumed", {}, EVENT);
add("header name in lower case", "RFC 9110 section 5.1", { headers: [["x-mambo-signature", header()]] }, EVENT);
add("blanks after the comma", "assumed", { value: header().replace(",", ", ") }, EVENT);
add("unknown pairs are passed over", "assumed", { value: `v0=00,${header()},x=y` }, EVENT);
for (const key of ["ts", "timestamp"]) add(`timestamp as ${key}`, "assumed", { value: header().replace("t=", `${key}=`) }, EVENT);
for (const key of ["s", "sig", "signature", "sha256"])
  add(`signature as ${key}`, "assumed", { value: header().replace("v1=", `${key}=`) }, EVENT);
add("joined by nothing", "assumed; the docs say concatenated", { value: header(BODY, T, SECRET, "") }, EVENT);
add("timestamp in milliseconds", "assumed", { value: header(BODY, NOW) }, EVENT);
add(
  "three signatures, the right one in the middle",
  "standardwebhooks test suite, in this grammar",
  { value: `t=${T},v1=${"00".repeat(32)},v1=${mac(SECRET, `${T}.`, BODY)},v1=${"ff".repeat(32)}` },
  EVENT,
);
add("a malformed signature beside the right one", "own", { value: `t=${T},v1=zz,v1=${mac(SECRET, `${T}.`, BODY)}` }, EVENT);
for (const [what, skew] of [
  ["past", -300],
  ["future", 300],
])
  add(
    `exact ${what} bound`,
    "peers' boundary, which their suites leave out",
    { value: header(BODY, T + skew) },
    { ...EVENT, timestamp: NOW + skew * 1000 },
  );
add(
  "bytes that are no text in a string stay as they are",
  "own",
  { body: '{"event":"NotificationRead","data":{"text":"\\ud83d\\ude00 é 12345678901234567890123"}}' },
  {
    type: "NotificationRead",
    id: null,
    data: '{"text":"\\ud83d\\ude00 é 12345678901234567890123"}',
    keyId: "default",
    receivedVersion: null,
    deliveredVersion: null,
    applied: [],
    timestamp: NOW,
  },
);
add(
  "bare Ping",
  "docs.mambo.io events-payload: the data of Ping",
  { body: '{"message":"ping"}' },
  {
    type: "Ping",
    id: null,
    data: '{"message":"ping"}',
    keyId: "default",
    receivedVersion: null,
    deliveredVersion: null,
    applied: [],
    timestamp: NOW,
  },
);
add(
  "an event type that is not known",
  "docs.mambo.io api-versioning: new event types are no new version",
  { body: '{"event":"CouponExpired","data":[1,2]}' },
  {
    type: "CouponExpired",
    id: null,
    data: "[1,2]",
    keyId: "default",
    receivedVersion: null,
    deliveredVersion: null,
    applied: [],
    timestamp: NOW,
  },
);
add(
  "a body without an envelope",
  "own",
  { body: '{"uuid":"user-1"}' },
  {
    type: null,
    id: null,
    data: '{"uuid":"user-1"}',
    keyId: "default",
    receivedVersion: null,
    deliveredVersion: null,
    applied: [],
    timestamp: NOW,
  },
);
add(
  "the event type given by the settings",
  "own",
  { body: '{"uuid":"user-1"}', settings: { eventType: "ActivityCreated" } },
  {
    type: "ActivityCreated",
    id: null,
    data: '{"uuid":"user-1"}',
    keyId: "default",
    receivedVersion: null,
    deliveredVersion: null,
    applied: [],
    timestamp: NOW,
  },
);
add(
  "rotation: the second key fits",
  "octokit additionalSecrets",
  {
    settings: {
      keys: [
        { id: "new", secret: "another secret of good length" },
        { id: "old", secret: SECRET },
      ],
    },
  },
  { ...EVENT, keyId: "old" },
);
add("a secret in hex", "own", { settings: { keys: [{ secret: Buffer.from(SECRET).toString("hex"), encoding: "hex" }] } }, EVENT);
add("a secret in base64", "own", { settings: { keys: [{ secret: Buffer.from(SECRET).toString("base64"), encoding: "base64" }] } }, EVENT);
add(
  "any age, asked for by the word",
  "own",
  { value: header(BODY, 12345), settings: { tolerance: { pastSeconds: "unlimited" } } },
  { ...EVENT, timestamp: 12345000 },
);

const registry = {
  format: 1,
  versions: ["9.0.0"],
  changes: [
    {
      id: "wallet-example-field",
      since: "9.0.0",
      on: { model: "PointWallet" },
      lossy: "none",
      summary: "exampleField is called newExampleField.",
      ops: [{ op: "rename", at: "/exampleField", to: "newExampleField" }],
    },
  ],
};
const wallet = '{"event":"PointWalletUpdated","data":{ "exampleField" : "value" }}';
const walletEvent = { type: "PointWalletUpdated", id: null, keyId: "default", timestamp: NOW };
add(
  "pinned to 8.0.3, wanted as received",
  "docs.mambo.io administrators/account/webhooks",
  { body: wallet, settings: { registry, pinned: "8.0.3" } },
  { ...walletEvent, data: '{ "exampleField" : "value" }', receivedVersion: "8.0.3", deliveredVersion: "8.0.3", applied: [] },
);
add(
  "pinned to 8.0.3, wanted in 9.0.0",
  "docs.mambo.io administrators/account/webhooks",
  { body: wallet, settings: { registry, pinned: "8.0.3", targetVersion: "latest" } },
  {
    ...walletEvent,
    data: '{ "newExampleField" : "value" }',
    receivedVersion: "8.0.3",
    deliveredVersion: "9.0.0",
    applied: ["wallet-example-field"],
  },
);
add(
  "latest at 9.0.0, wanted in 8.10.2",
  "docs.mambo.io administrators/account/webhooks",
  { body: wallet.replace("exampleField", "newExampleField"), settings: { registry, pinned: "9.0.0", targetVersion: "8.10.2" } },
  {
    ...walletEvent,
    data: '{ "exampleField" : "value" }',
    receivedVersion: "9.0.0",
    deliveredVersion: "8.10.2",
    applied: ["wallet-example-field"],
  },
);

add(
  "an empty id is no id",
  "own",
  { body: '{"event":"Ping","id":"","data":{}}' },
  { type: "Ping", id: null, data: "{}", keyId: "default", receivedVersion: null, deliveredVersion: null, applied: [], timestamp: NOW },
);
add(
  "newer than every known version: the shape that comes out is not known",
  "own",
  {
    body: '{"event":"PointWalletUpdated","version":"99.0.0","data":{"newExampleField":1}}',
    settings: { registry, targetVersion: "8.10.2" },
  },
  { ...walletEvent, data: '{"exampleField":1}', receivedVersion: "99.0.0", deliveredVersion: null, applied: ["wallet-example-field"] },
);

const bare = (type, data, more = {}) => ({
  type,
  id: null,
  data,
  keyId: "default",
  receivedVersion: null,
  deliveredVersion: null,
  applied: [],
  timestamp: NOW,
  ...more,
});
add(
  "signed with a byte order mark, which is passed over",
  "RFC 8259 section 8.1; standardwebhooks breaks on it",
  { body: `\ufeff${BODY}` },
  EVENT,
);
for (const version of ['"9.0"', '"9"', '"v9.0.0"', '"9.0.0-rc.1"', "9", "9.0", "true", '{"major":9}', '""']) {
  const body = `{"event":"PointWalletUpdated","version":${version},"data":{"exampleField":1}}`;
  add(
    `a version that cannot be read, ${version}, is not taken for none: the data stays`,
    "own: a pin was applied to data of another version",
    { body, settings: { registry, pinned: "8.0.3", targetVersion: "latest" } },
    { ...walletEvent, data: '{"exampleField":1}', receivedVersion: null, deliveredVersion: null, applied: [] },
  );
}
add(
  "a version that is null is none",
  "own",
  { body: wallet.replace('"data"', '"version":null,"data"'), settings: { registry, pinned: "8.0.3", targetVersion: "latest" } },
  {
    ...walletEvent,
    data: '{ "newExampleField" : "value" }',
    receivedVersion: "8.0.3",
    deliveredVersion: "9.0.0",
    applied: ["wallet-example-field"],
  },
);
add(
  "an id that is a number is that number as it is written",
  "own: retries of one event had two keys",
  { body: '{"event":"Ping","id":12345678901234567890,"data":{}}' },
  bare("Ping", "{}", { id: "12345678901234567890" }),
);
const typed = '{"id":"a","type":"behaviour","data":{"x":1}}';
add(
  "the event type given by the settings wins, and a body that names another is all data",
  "own",
  { body: typed, settings: { eventType: "ActivityCreated" } },
  bare("ActivityCreated", typed),
);
add(
  "the event type given by the settings, in an envelope that names the same",
  "own",
  { body: BODY, settings: { eventType: "ActivityCreated" } },
  EVENT,
);
const flat = '{"event":"ActivityCreated","id":"e","uuid":"u"}';
add(
  "a known event type without data: the data is the body",
  "own: the event was unknown and its id lost",
  { body: flat },
  bare("ActivityCreated", flat, { id: "e" }),
);
add(
  "an unknown event type without data is no envelope",
  "own: a payload may have a member of that name",
  { body: '{"type":"behaviour","id":"e"}' },
  bare(null, '{"type":"behaviour","id":"e"}'),
);
add("without a registry no version is claimed but the one that came", "own", { settings: { targetVersion: "latest" } }, EVENT);

const stripe = new Stripe("sk_test_unused");
for (const [index, payload] of ['{"id":"evt_1","object":"event"}', "{}", '{"text":"é"}', "[]"].entries()) {
  const value = stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET, timestamp: T });
  add(
    `stripe's own header ${index + 1}`,
    "npm stripe 23.1.0 generateTestHeaderString",
    {
      headers: [["Stripe-Signature", value]],
      body: payload,
      settings: { profile: { scheme: { header: "stripe-signature", separators: ["."] } } },
    },
    { type: null, id: null, data: payload, keyId: "default", receivedVersion: null, deliveredVersion: null, applied: [], timestamp: NOW },
  );
}

// What is refused.
const NAME = "x-mambo-signature";
refuse("no header", "stripe test suite", { headers: [] }, "header_missing", `header ${NAME} is missing`);
refuse("empty header", "stripe test suite", { value: "" }, "header_malformed", `header ${NAME}: expected \`=\` at byte 0`);
refuse(
  "header came twice",
  "own",
  {
    headers: [
      ["X-Mambo-Signature", header()],
      ["x-mambo-signature", header()],
    ],
  },
  "header_repeated",
  `header ${NAME} came 2 times, expected once`,
);
refuse(
  "header joined from two",
  "Headers joins with a comma",
  { value: `${header()}, ${header()}` },
  "header_repeated",
  `header ${NAME} came 2 times, expected once`,
);
refuse(
  "header over 8 KiB",
  "own",
  { value: `${header()},x=${"y".repeat(8192)}` },
  "header_too_large",
  `header ${NAME} is 8275 bytes, allowed 8192`,
);
refuse("header without equals sign", "own", { value: "t=1700000000,v1" }, "header_malformed", `header ${NAME}: expected \`=\` at byte 15`);
refuse(
  "control character in header",
  "own",
  { value: "t=1\x7f" },
  "header_malformed",
  `header ${NAME}: expected printable ASCII at byte 3`,
);
refuse("no timestamp", "stripe test suite", { value: `v1=${mac(SECRET, BODY)}` }, "timestamp_missing", `header ${NAME} holds no timestamp`);
const EXPECTED = "a whole number without sign or leading zero";
for (const [text, at] of [
  ["hello", 0],
  ["1764abc", 4],
  ["1764.9", 4],
  ["1e3", 1],
  ["+1", 0],
  ["", 0],
  ["0123", 0],
  ["-", 0],
  ["NaN", 0],
  ["١", -1],
]) {
  if (at >= 0)
    refuse(
      `timestamp ${text || "empty"}`,
      "standardwebhooks and slack accept such",
      { value: `t=${text},v1=${mac(SECRET, `${text}.`, BODY)}` },
      "timestamp_malformed",
      `timestamp is malformed: expected ${EXPECTED} at byte ${at}`,
    );
}
for (const text of ["-1", "-9223372036854775808"])
  refuse(
    `timestamp ${text}`,
    "svix test suite; standardwebhooks for Rust panics",
    { value: header(BODY, text) },
    "timestamp_negative",
    "timestamp is negative",
  );
for (const text of ["9223372036854775808", "99999999999999999999999"])
  refuse(`timestamp ${text}`, "own", { value: header(BODY, text) }, "timestamp_overflow", "timestamp does not fit 64 bits of milliseconds");
refuse(
  "timestamp of the largest i64",
  "own",
  { value: header(BODY, "9223372036854775807") },
  "timestamp_too_new",
  "timestamp is 9223370336854775.807 s ahead, allowed 300 s",
);
refuse(
  "301 s old",
  "standardwebhooks test suite",
  { value: header(BODY, T - 301) },
  "timestamp_too_old",
  "timestamp is 301 s old, allowed 300 s",
);
refuse(
  "a millisecond too old",
  "own",
  { value: header(BODY, T - 300), now: NOW + 1 },
  "timestamp_too_old",
  "timestamp is 300.001 s old, allowed 300 s",
);
refuse(
  "301 s ahead",
  "standardwebhooks test suite; stripe and slack accept it",
  { value: header(BODY, T + 301) },
  "timestamp_too_new",
  "timestamp is 301 s ahead, allowed 300 s",
);
refuse(
  "15 s old, 10 s allowed",
  "stripe test suite",
  { value: header(BODY, T - 15), settings: { tolerance: { pastSeconds: 10 } } },
  "timestamp_too_old",
  "timestamp is 15 s old, allowed 10 s",
);
refuse(
  "stale and forged: the signature speaks first",
  "own",
  { value: header(BODY, T - 999, "forged forged forged") },
  "signature_mismatch",
  "none of 1 signatures matches any of 1 keys",
);
refuse("no signature", "stripe test suite", { value: `t=${T},v0=00` }, "signature_missing", `header ${NAME} holds no signature`);
refuse(
  "signature of 8 digits",
  "standardwebhooks test suite",
  { value: `t=${T},v1=deadbeef` },
  "signature_malformed",
  "signature 1 of 1 is not 64 hex digits: it is 8 bytes",
);
refuse(
  "signature of 63 digits",
  "own",
  { value: header().slice(0, -1) },
  "signature_malformed",
  "signature 1 of 1 is not 64 hex digits: it is 63 bytes",
);
refuse(
  "empty signature",
  "stripe throws another error",
  { value: `t=${T},v1=` },
  "signature_malformed",
  "signature 1 of 1 is not 64 hex digits: it is 0 bytes",
);
refuse(
  "signature that is not hex",
  "own",
  { value: `t=${T},v1=${"zz".repeat(32)}` },
  "signature_malformed",
  "signature 1 of 1 is not 64 hex digits: it is 64 bytes",
);
refuse(
  "signature in upper case",
  "octokit's two builds disagree",
  { value: `t=${T},v1=${mac(SECRET, `${T}.`, BODY).toUpperCase()}` },
  "signature_uppercase",
  "signature 1 of 1 is upper-case hex, expected lower case",
);
refuse(
  "1,000 signatures",
  "own",
  { value: `t=${T}${",v1=0".repeat(1000)}` },
  "signatures_too_many",
  "header holds more than 32 signatures",
);
refuse(
  "only wrong signatures",
  "standardwebhooks test suite",
  { value: `t=${T},v1=${"00".repeat(32)},v1=${"ff".repeat(32)}` },
  "signature_mismatch",
  "none of 2 signatures matches any of 1 keys",
);
refuse(
  "wrong secret",
  "octokit test suite",
  { value: header(BODY, T, "wrong wrong wrong wrong") },
  "signature_mismatch",
  "none of 1 signatures matches any of 1 keys",
);
refuse(
  "body re-serialised",
  "fastify #5491, the commonest complaint",
  { value: header(), body: JSON.stringify(JSON.parse(BODY), null, 2) },
  "signature_mismatch",
  "none of 1 signatures matches any of 1 keys",
);
refuse(
  "byte 0xFF signed, 0xFE sent",
  "stripe and standardwebhooks accept it",
  { value: header(Buffer.from([0xff])), body: Buffer.from([0xfe]) },
  "signature_mismatch",
  "none of 1 signatures matches any of 1 keys",
);
refuse(
  "digits moved from the timestamp into the body",
  "own: the attack on a missing separator",
  { value: `t=170000,v1=${mac(SECRET, `${T}`, BODY)}`, body: `0000${BODY}`, now: 170_000_000 },
  "signature_ambiguous",
  "signature matches only without a separator, and the body's first byte could belong to the timestamp",
);
refuse(
  "digits moved from the body into the timestamp",
  "own: the attack on a missing separator",
  { value: `t=${NOW},v1=${mac(SECRET, `${T}`, "000")}`, body: "" },
  "signature_ambiguous",
  "signature matches only without a separator, and the body's first byte could belong to the timestamp",
);
refuse(
  "the separator moved into the body",
  "own: the attack on two separators",
  { value: header(), body: `.${BODY}` },
  "signature_ambiguous",
  "signature matches only without a separator, and the body's first byte could belong to the timestamp",
);
refuse("body over the limit", "own", { settings: { maxBodyBytes: 8 } }, "body_too_large", "body is over 8 bytes");
refuse("signed, but not JSON", "stripe test suite", { body: '{"a":}' }, "body_not_json", "body is not JSON at line 1 column 6");
refuse("signed, but empty", "standardwebhooks #262", { body: "" }, "body_not_json", "body is not JSON at line 1 column 0");
refuse("signed, but not UTF-8", "own", { body: Buffer.from([0x7b, 0xff]) }, "body_not_utf8", "body is not UTF-8 at byte 1");
refuse(
  "signed, but with two byte order marks",
  "RFC 8259 section 8.1",
  { body: "\ufeff\ufeff{}" },
  "body_not_json",
  "body is not JSON at line 1 column 1",
);
refuse(
  "no key is valid any more",
  "own",
  { settings: { keys: [{ secret: SECRET, notAfter: NOW - 1 }] } },
  "keys_inactive",
  "none of 1 keys is valid at this time",
  "config",
);

// What is refused before there is any delivery.
const misconfigured = (name, source, settings, code, message) => refuse(name, source, { settings }, code, message, "config");
for (const secret of ["", " \t\n", "   "])
  misconfigured(
    `secret ${JSON.stringify(secret)}`,
    "openai-ruby #403",
    { keys: [{ secret }] },
    "secret_empty",
    "secret of key `default` is empty",
  );
misconfigured(
  "a secret of 15 bytes",
  "openai-node #1887",
  { keys: [{ id: "2026", secret: "fifteen letters" }] },
  "secret_short",
  "secret of key `2026` is 15 bytes, needs 16",
);
misconfigured(
  "a secret with a line end",
  "own",
  { keys: [{ secret: `${SECRET}\n` }] },
  "secret_malformed",
  "secret of key `default` holds a control character, such as a line end",
);
for (const secret of ["whsec_!!!!", "====", "Zm9v!!!!", "Zm9="])
  misconfigured(
    `base64 secret ${secret}`,
    "openai-ruby #403",
    { keys: [{ secret, encoding: "base64" }] },
    "secret_malformed",
    "secret of key `default` is not base64",
  );
misconfigured(
  "a hex secret of odd length",
  "own",
  { keys: [{ secret: "abc", encoding: "hex" }] },
  "secret_malformed",
  "secret of key `default` is not hex",
);
misconfigured(
  "two keys of one id",
  "own",
  { keys: [{ secret: SECRET }, { secret: SECRET }] },
  "key_repeated",
  "key id `default` is used twice",
);
misconfigured("no key", "own", { keys: [] }, "keys_missing", "key ring is empty");
misconfigured(
  "seventeen keys",
  "own",
  { keys: Array.from({ length: 17 }, (_, index) => ({ id: `k${index}`, secret: SECRET })) },
  "keys_too_many",
  "key ring has 17 keys, allowed 16",
);
misconfigured(
  "a key id with a blank",
  "own",
  { keys: [{ id: "a b", secret: SECRET }] },
  "key_id_malformed",
  "key id is not 1 to 64 printable ASCII characters",
);
misconfigured(
  "secret given where a key belongs",
  "own: nothing of it may be shown",
  { keys: [SECRET] },
  "options_invalid",
  "options: expected an object at /keys/0",
);
misconfigured(
  "an option that does not exist",
  "own",
  { tolerence: 5 },
  "options_invalid",
  "options: `tolerence` is not known here at the top",
);
misconfigured(
  "a tolerance below zero",
  "own",
  { tolerance: { pastSeconds: -1 } },
  "options_invalid",
  "options: expected a whole number of seconds or `unlimited` at /tolerance/pastSeconds",
);
misconfigured(
  "an end of validity that is null, as JSON has it for NaN",
  "own",
  { keys: [{ secret: SECRET, notAfter: null }] },
  "options_invalid",
  "options: expected a whole number at /keys/0/notAfter",
);
misconfigured(
  "a header name with capitals",
  "own: Headers and plain objects would differ",
  { profile: { envelope: { typeHeader: "X-Kind" } } },
  "profile_invalid",
  "profile: expected a header name in lower case at /envelope/typeHeader",
);
misconfigured(
  "separators of which one starts with the other",
  "own",
  { profile: { scheme: { separators: [".", ".."] } } },
  "profile_invalid",
  "profile: one separator starts with another at /scheme/separators",
);
misconfigured(
  "a registry of another format",
  "own",
  { registry: { format: 2 } },
  "registry_invalid",
  "registry: expected format 1 at /format",
);

const out = fileURLToPath(new URL("receive.json", import.meta.url));
writeFileSync(out, `${JSON.stringify({ format: 1, cases }, null, 1)}\n`);
console.log(`${cases.length} cases`);
