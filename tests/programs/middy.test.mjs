// middy around the handler for Lambda: alone, and with a JSON parser that runs first.
import assert from "node:assert/strict";
import { test } from "node:test";
import middy from "@middy/core";
import jsonBodyParser from "@middy/http-json-body-parser";
import { createReceiver } from "mambo-webhooks";
import { lambdaHandler } from "mambo-webhooks/lambda";
import { sampleDelivery } from "mambo-webhooks/testing";

const secret = "a secret for tests";
const { headers, body } = sampleDelivery("Ping", { secret });
const context = { getRemainingTimeInMillis: () => 1000 };
const types = [];
const messages = [];
const receiver = createReceiver({ secret }).onAny(({ type }) => types.push(type));
const handle = lambdaHandler(receiver, { onError: ({ message }) => messages.push(message) });

/** An event of API Gateway, format 2.0, as far as it is looked at. */
const event = (text) => ({ version: "2.0", headers: { ...headers }, body: text, isBase64Encoded: false });

async function deliver(wrapped, text) {
  const { statusCode, body: said } = await wrapped(event(text), context);
  return [statusCode, said];
}

test("a signed delivery is handled, a tampered one refused", async () => {
  types.length = 0;
  assert.deepEqual(await deliver(middy(handle), body), [204, ""]);
  assert.deepEqual(await deliver(middy(handle), body.replace("ping", "pong")), [401, "signature_mismatch"]);
  assert.deepEqual(types, ["Ping"]);
});

test("a JSON parser that ran first is named", async () => {
  types.length = messages.length = 0;
  assert.deepEqual(await deliver(middy(handle).use(jsonBodyParser()), body), [500, "body_parsed"]);
  assert.deepEqual(types, []);
  assert.deepEqual(messages, ["body is an object, not the received bytes: read the raw body before any JSON middleware"]);
});
