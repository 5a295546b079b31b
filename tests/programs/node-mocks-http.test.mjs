// node-mocks-http, for unit tests of routes: requests and responses without a server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";
import { expressHandler } from "mambo-webhooks/express";
import { sampleDelivery } from "mambo-webhooks/testing";
import { createRequest, createResponse } from "node-mocks-http";

const secret = "a secret for tests";
const { headers, body } = sampleDelivery("Ping", { secret });
const types = [];
const receiver = createReceiver({ secret }).onAny(({ type }) => types.push(type));
const handle = expressHandler(receiver, { onError: () => {} });

/** What the handler answers to a made-up request. */
async function deliver(parts) {
  const response = createResponse();
  await handle(createRequest({ method: "POST", url: "/webhooks", headers, ...parts }), response);
  assert.ok(response._isEndCalled());
  return [response.statusCode, response._getData()];
}

for (const [what, parts] of [
  ["text as its body", (text) => ({ body: text })],
  ["bytes as its body", (text) => ({ body: Buffer.from(text) })],
  ["bytes beside what was parsed", (text) => ({ body: JSON.parse(text), rawBody: Buffer.from(text) })],
]) {
  test(`a request with ${what}: signed, it is handled; tampered, refused`, async () => {
    types.length = 0;
    assert.deepEqual(await deliver(parts(body)), [204, ""]);
    assert.deepEqual(await deliver(parts(body.replace("ping", "pong"))), [401, "signature_mismatch"]);
    assert.deepEqual(types, ["Ping"]);
  });
}

test("a request with an object as its body has lost the bytes", async () => {
  types.length = 0;
  assert.deepEqual(await deliver({ body: JSON.parse(body) }), [500, "body_parsed"]);
  assert.deepEqual(types, []);
});
