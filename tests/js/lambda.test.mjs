// The adapter for AWS Lambda, on events in the shapes that AWS documents: API Gateway 1.0 and 2.0, a load balancer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { createReceiver } from "mambo-webhooks";
import { lambdaHandler } from "mambo-webhooks/lambda";
import { sampleDelivery, sign } from "mambo-webhooks/testing";

const secret = "correct horse battery staple";
const body = JSON.stringify({ event: "NotificationCreated", data: { awarded: "Élan 😀" } });
const name = "X-Mambo-Signature";
const signature = () => sign({ secret, body });
const seen = [];
const handler = lambdaHandler(
  createReceiver({ secret }).onAny(({ data }) => seen.push(data)),
  { onError: ({ message }) => seen.push(message) },
);
const answer = (statusCode, code) => ({ statusCode, headers: { "content-type": "text/plain" }, body: code, isBase64Encoded: false });
const base64 = Buffer.from(body).toString("base64");
const event = { version: "1.0", resource: "/webhooks", path: "/webhooks", httpMethod: "POST", requestContext: {} };

test("bodies as text and as base64, headers once and with many values", async () => {
  for (const delivery of [
    { version: "2.0", headers: { [name.toLowerCase()]: signature() }, body, isBase64Encoded: false },
    { version: "2.0", headers: { [name.toLowerCase()]: signature() }, body: base64, isBase64Encoded: true },
    { ...event, headers: { [name]: signature() }, multiValueHeaders: { [name]: [signature()] }, body, isBase64Encoded: false },
    { ...event, headers: { [name]: signature() }, multiValueHeaders: null, body: base64, isBase64Encoded: true },
    {
      ...event,
      multiValueHeaders: { [name]: [signature()], "Content-Encoding": ["gzip"] },
      body: gzipSync(body).toString("base64"),
      isBase64Encoded: true,
    },
  ]) {
    assert.deepEqual(await handler(delivery), answer(204, ""));
    assert.deepEqual(seen.splice(0), [{ awarded: "Élan 😀" }]);
  }
});

test("what is not a signed HTTP request of a permitted size is refused", async () => {
  const { headers } = sampleDelivery("Ping", { secret });
  for (const [delivery, statusCode, code, message] of [
    [{ headers, body }, 401, "signature_mismatch", "none of 1 signatures matches any of 1 keys"],
    [
      { multiValueHeaders: { [name]: [signature(), signature()] }, body },
      400,
      "header_repeated",
      "header x-mambo-signature came 2 times, expected once",
    ],
    [{ headers: null, body: null }, 401, "header_missing", "header x-mambo-signature is missing"],
    [
      { headers: { [name]: signature() }, body: "{%", isBase64Encoded: true },
      415,
      "body_encoding",
      "body cannot be decoded: malformed base64",
    ],
    [{ headers: { [name]: signature() }, body: " ".repeat(1_048_577) }, 413, "body_too_large", "body is over 1048576 bytes"],
    [
      { headers: { [name]: signature() }, body: "A".repeat(8_000_000), isBase64Encoded: true },
      413,
      "body_too_large",
      "body is over 1048576 bytes",
    ],
  ]) {
    assert.deepEqual(await handler(delivery), answer(statusCode, code));
    assert.deepEqual(seen.splice(0), [message]);
  }
});

test("an event that is no HTTP request is not answered as if it were one: it would count as handled", async () => {
  const message = "lambdaHandler: the event is no HTTP request: it has neither `headers` nor `multiValueHeaders`";
  for (const other of [
    { Records: [{ eventSource: "aws:sqs", body }] },
    { source: "aws.events", detail: {} },
    {},
    null,
    undefined,
    "text",
  ]) {
    await assert.rejects(handler(other), { name: "TypeError", message });
  }
});

test("a body that was parsed before is the caller's fault, base64 or not", async () => {
  for (const isBase64Encoded of [false, true]) {
    assert.deepEqual(
      await handler({ headers: { [name]: signature() }, body: JSON.parse(body), isBase64Encoded }),
      answer(500, "body_parsed"),
    );
    assert.deepEqual(seen.splice(0), ["body is an object, not the received bytes: read the raw body before any JSON middleware"]);
  }
});

test("the receiver's limit is the adapter's", async () => {
  const wide = createReceiver({ secret, maxBodyBytes: 4_000_000 }).onAny(({ type }) => seen.push(type));
  const large = JSON.stringify({ event: "NotificationCreated", data: { text: "x".repeat(2_000_000) } });
  const headers = { [name]: sign({ secret, body: large }) };
  assert.deepEqual(
    await lambdaHandler(wide)({ headers, body: Buffer.from(large).toString("base64"), isBase64Encoded: true }),
    answer(204, ""),
  );
  assert.deepEqual(seen.splice(0), ["NotificationCreated"]);
});
