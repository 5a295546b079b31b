// Deliveries as other providers sign them, through the package: the same profiles as in tests/rust/providers.rs.
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createReceiver } from "mambo-webhooks";
import { sampleDelivery, tampered } from "mambo-webhooks/testing";
import { detect } from "mambo-webhooks/tools";

const { deliveries } = JSON.parse(readFileSync(join(process.env.MAMBO_REPOSITORY, "tests/vectors/providers.json"), "utf8"));
const UNLIMITED = { pastSeconds: "unlimited", futureSeconds: "unlimited" };
const NOT_FOUND = new Set(["Square: the receiver's URL is signed", "Twitch EventSub"]);

test("a delivery of each provider gives its profile, which verifies it", () => {
  for (const { name, secret, secretEncoding, headers, body, now, expected } of deliveries) {
    const { profiles, undecided } = detect({ headers, body, secrets: [secret], now });
    if (NOT_FOUND.has(name)) {
      assert.deepEqual([profiles, undecided], [[], []], name);
      continue;
    }
    const [{ profile, encoding, timestamp }] = profiles;
    assert.deepEqual([profile.scheme.signedTexts, encoding], [[expected.signedText], secretEncoding], name);
    const options = { keys: [{ secret, encoding }], profile, clock: () => now };
    const isUntimed = expected.timestamp === "none";
    const verify = (more) => createReceiver({ ...options, ...more }).verify({ headers, body });
    if (isUntimed) assert.throws(() => verify({}), { code: "timestamp_unsigned", fault: "config" }, name);
    assert.equal(verify(isUntimed ? { tolerance: UNLIMITED } : {}).timestamp, timestamp, name);
  }
});

test("a sample under a profile with other headers has them, and verifies", () => {
  const secret = "correct horse battery staple";
  const now = 1_700_000_000_000;
  const profile = {
    scheme: {
      header: "webhook-signature",
      grammar: { form: "list", delimiter: " " },
      signaturePrefix: "v1,",
      signatureEncoding: "base64",
      timestamp: { header: "webhook-timestamp" },
      unit: "seconds",
      signedTexts: ["{header:webhook-id}.{timestamp}.{body}"],
    },
  };
  const delivery = sampleDelivery("Ping", { secret, now, profile, headers: { "webhook-id": "msg_1" } });
  assert.deepEqual(Object.keys(delivery.headers), ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"]);
  assert.equal(delivery.headers["webhook-timestamp"], "1700000000");
  const receiver = createReceiver({ secret, profile, clock: () => now });
  assert.equal(receiver.receive(delivery).event.type, "Ping");
  const other = { ...delivery, headers: { ...delivery.headers, "webhook-id": "msg_2" } };
  assert.throws(() => receiver.receive(other), { code: "signature_mismatch" });
  assert.throws(() => sampleDelivery("Ping", { secret, now, profile }), { code: "header_missing" });
});

test("what is tampered with under each form of profile is refused with its code", () => {
  const secret = "correct horse battery staple";
  const now = 1_700_000_000_000;
  const list = { grammar: { form: "list", delimiter: "," }, timestamp: { header: "x-time" }, signedTexts: ["{timestamp}.{body}"] };
  const schemes = {
    sequence: { grammar: { form: "sequence", delimiter: ".", order: "signature_first" } },
    "a word in front": { schemeWord: "HMAC", grammar: { form: "sequence", delimiter: " " } },
    quoted: { grammar: { form: "pairs", quoted: true }, signaturePrefix: "sha256=" },
    base64_url: { signatureEncoding: "base64_url" },
    list,
    "list in base64": { ...list, signaturePrefix: "v1=", signatureEncoding: "base64" },
    untimed: { grammar: { form: "list" }, timestamp: "none", signedTexts: ["{body}"] },
  };
  for (const [name, scheme] of Object.entries(schemes)) {
    const profile = { scheme };
    const tolerance = scheme.timestamp === "none" ? { tolerance: UNLIMITED } : {};
    const receiver = createReceiver({ secret, profile, clock: () => now, ...tolerance });
    assert.equal(receiver.receive(sampleDelivery("Ping", { secret, now, profile })).event.type, "Ping", name);
    const rows = tampered({ secret, now, profile });
    assert.ok(rows.length >= 11, name);
    for (const { name: what, headers, body, code } of rows)
      assert.throws(() => receiver.receive({ headers, body }), { code }, `${name}: ${what}`);
  }
});

test("a header that a profile names twice is passed to the core once", () => {
  const secret = "correct horse battery staple";
  const profile = {
    scheme: { signedTexts: ["{header:x-event}.{timestamp}.{body}"] },
    envelope: { type: [], data: [""], typeHeader: "x-event" },
  };
  const { headers, body } = sampleDelivery("Ping", { secret, profile, headers: { "x-event": "Ping" } });
  const receiver = createReceiver({ secret, profile });
  for (const shape of [headers, new Headers(headers), new Map(Object.entries(headers))])
    assert.equal(receiver.receive({ headers: shape, body }).type, "Ping");
});
