// Errors of a receiver: each has a code, a fault, a status and the words of the core's table, and none shows what is secret.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { ERROR_CODES, WebhookError, createReceiver } from "mambo-webhooks";
import { codes } from "mambo-webhooks/tools";
import { body, headers, receiver, refusal, secret } from "./ping.mjs";

const dist = join(process.cwd(), "node_modules/mambo-webhooks/dist");
const repository = process.env.MAMBO_REPOSITORY;
const require = createRequire(import.meta.url);

test("no error shows the secret or the body", () => {
  const shown = [
    refusal(() => createReceiver({ secret: 5, keys: [{ secret: [secret] }] })),
    refusal(() => createReceiver({ keys: [secret] })),
    refusal(() => createReceiver({ keys: secret })),
    refusal(() => receiver.receive({ headers: headers(), body: `${body} ` })),
  ];
  for (const found of shown) {
    assert.notEqual(found, "accepted");
    assert.ok(!String(found).includes("horse") && !String(found).includes("message"), String(found));
  }
});

test("the list of codes is the core's", () => {
  assert.deepEqual(
    [...ERROR_CODES],
    codes().map(({ code }) => code),
  );
});

test("refusals that are found outside of the core are in the words of its table", async () => {
  const rejected = async (promise) =>
    promise.then(
      () => "accepted",
      ({ code, fault, message }) => [code, fault, message],
    );
  const store = (answer) => ({ reserve: () => answer, commit() {}, release() {} });
  const answered = (answer) => createReceiver({ secret, replay: { store: store(answer) } }).process({ headers: headers(), body }, () => {});
  assert.deepEqual(await rejected(answered("done")), ["delivery_replayed", "peer", "delivery was already handled"]);
  assert.deepEqual(await rejected(answered("pending")), ["delivery_pending", "peer", "delivery is being handled right now"]);
  assert.deepEqual(await rejected(answered("full")), ["replay_store_full", "config", "replay store is full"]);
  const missing = ["handlers_missing", "caller", "no handler was added, so the event would be lost"];
  assert.deepEqual(await rejected(createReceiver({ secret }).route({ headers: headers(), body })), missing);
  const unknown = [true, "event_type_unknown", "caller", "event type `Pong` is not one that this release knows"];
  assert.deepEqual(
    refusal(() => receiver.on("Pong", () => {})),
    unknown,
  );
  const large = createReceiver({ secret, maxBodyBytes: 2 });
  assert.deepEqual(
    refusal(() => large.receive({ headers: headers(), body: "abc" })),
    [true, "body_too_large", "peer", "body is over 2 bytes"],
  );
});

test("an error shows code, fault and message as JSON, and is one of every copy of the package", () => {
  const common = require("mambo-webhooks");
  const { WebhookError: OfCommonJs } = require(join(dist, "index.cjs"));
  const failure = { code: "header_missing", fault: "peer", message: "header x-mambo-signature is missing" };
  try {
    receiver.receive({ headers: {}, body });
    assert.fail("accepted");
  } catch (thrown) {
    assert.deepEqual(JSON.parse(JSON.stringify(thrown)), failure);
    assert.ok(thrown instanceof WebhookError && thrown instanceof common.WebhookError && thrown instanceof OfCommonJs);
  }
  assert.equal(new Error("other") instanceof WebhookError, false);
  assert.equal({ ...failure, name: "WebhookError" } instanceof WebhookError, false);
});

test("every failure has a code, however the call is made", () => {
  const top = "options: expected an object at the top";
  for (const none of [undefined, null, "secret"])
    assert.deepEqual(
      refusal(() => createReceiver(none)),
      [true, "options_invalid", "config", top],
    );
  const parsed = "body is undefined, not the received bytes: read the raw body before any JSON middleware";
  for (const act of ["receive", "verify"])
    assert.deepEqual(
      refusal(() => receiver[act]()),
      [true, "body_parsed", "caller", parsed],
    );
  for (const now of [1n, "1", new Date(), undefined, null, { valueOf: () => 1 }]) {
    const odd = createReceiver({ secret, clock: () => now });
    assert.equal(refusal(() => odd.receive({ headers: headers(), body }))[1], "now_invalid");
    assert.equal(odd.diagnose({ headers: headers(), body }).error.code, "now_invalid");
  }
});

test("the status of each failure is that of the core's table", () => {
  const page = readFileSync(join(repository, "docs/CODES.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (\d+) \|/gm)];
  assert.equal(rows.length, ERROR_CODES.length);
  for (const [, code, fault, status] of rows) {
    assert.equal(new WebhookError({ code, fault, message: "" }).status, Number(status), code);
  }
});
