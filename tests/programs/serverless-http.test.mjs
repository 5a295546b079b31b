// serverless-http in front of Express: the request is made up from an event of API Gateway.
import assert from "node:assert/strict";
import { test } from "node:test";
import express from "express";
import { createReceiver } from "mambo-webhooks";
import { expressHandler } from "mambo-webhooks/express";
import { sampleDelivery } from "mambo-webhooks/testing";
import serverless from "serverless-http";

const secret = "a secret for tests";
const { headers, body } = sampleDelivery("Ping", { secret });
const types = [];
const receiver = createReceiver({ secret }).onAny(({ type }) => types.push(type));
const handle = serverless(express().post("/webhooks", expressHandler(receiver)));

/** An event of API Gateway, format 2.0. */
const event = (text, isBase64Encoded) => ({
  version: "2.0",
  routeKey: "$default",
  rawPath: "/webhooks",
  rawQueryString: "",
  headers: { ...headers },
  requestContext: { http: { method: "POST", path: "/webhooks", sourceIp: "127.0.0.1" } },
  body: isBase64Encoded ? Buffer.from(text).toString("base64") : text,
  isBase64Encoded,
});

for (const isBase64Encoded of [false, true]) {
  const written = isBase64Encoded ? "base64" : "plain";
  test(`a signed delivery, its body ${written}, is handled`, async () => {
    types.length = 0;
    const { statusCode, body: said } = await handle(event(body, isBase64Encoded), {});
    assert.deepEqual([statusCode, said, types], [204, "", ["Ping"]]);
  });

  test(`a tampered delivery, its body ${written}, is refused`, async () => {
    types.length = 0;
    const { statusCode, body: said } = await handle(event(`${body} `, isBase64Encoded), {});
    assert.deepEqual([statusCode, said, types], [401, "signature_mismatch", []]);
  });
}
