// The shared vectors, through the package as it is installed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";

const { cases } = JSON.parse(readFileSync(join(process.env.MAMBO_REPOSITORY, "tests/vectors/receive.json"), "utf8"));

function outcome({ settings, headers, body, bodyHex, now }, mac) {
  try {
    const bytes = body ?? Buffer.from(bodyHex, "hex");
    const found = createReceiver({ ...settings, mac, clock: () => now }).receive({ headers, body: bytes });
    const { type, keyId, receivedVersion, deliveredVersion, applied, timestamp } = found;
    assert.equal(found.event.type, type);
    return { type, id: found.event.id, data: found.event.data, keyId, receivedVersion, deliveredVersion, applied: [...applied], timestamp };
  } catch (error) {
    if (error.name !== "WebhookError") throw error;
    return { code: error.code, fault: error.fault, message: error.message };
  }
}

// The hash of the core and that of the host: everything else is the core's in both.
for (const mac of ["core", "host"]) {
  for (const { expect, ...given } of cases) {
    test(`${given.name} (${mac})`, () => {
      const expected = "data" in expect ? { ...expect, data: JSON.parse(expect.data) } : expect;
      assert.deepEqual(outcome(given, mac), expected);
    });
  }
}
