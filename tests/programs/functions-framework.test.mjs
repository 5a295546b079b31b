// Google's functions framework parses every body, and keeps the bytes as `rawBody`.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { http } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { createReceiver } from "mambo-webhooks";
import { expressHandler } from "mambo-webhooks/express";
import { sampleDelivery } from "mambo-webhooks/testing";

const secret = "a secret for tests";
const { headers, body } = sampleDelivery("Ping", { secret });

test("a signed delivery is handled, a tampered one refused", async () => {
  const types = [];
  http("webhooks", expressHandler(createReceiver({ secret }).onAny(({ type }) => types.push(type))));
  const server = getTestServer("webhooks").listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const url = `http://127.0.0.1:${server.address().port}/`;
    const honest = await fetch(url, { method: "POST", headers, body });
    assert.deepEqual([honest.status, await honest.text()], [204, ""]);
    const forged = await fetch(url, { method: "POST", headers, body: body.replace("ping", "pong") });
    assert.deepEqual([forged.status, await forged.text()], [401, "signature_mismatch"]);
    assert.deepEqual(types, ["Ping"]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
