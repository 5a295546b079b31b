// Makes the cases that are accepted: grammars of the header, times, bodies and secrets.
import { BODY, EVENT, NOW, SECRET, T, add, header, mac } from "./case.mjs";

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
