// Makes the cases that are accepted with a version, a pin, an id or an event type that matters.
import { BODY, EVENT, NOW, add } from "./case.mjs";

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
