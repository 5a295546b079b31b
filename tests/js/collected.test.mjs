// Receivers that were collected make room in the core, and those that are in use stay themselves.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { collect, memory } from "./core-memory.mjs";
import { createReceiver } from "mambo-webhooks";

const body = "a body";
const signed = (secret) => {
  const seconds = Math.floor(Date.now() / 1000);
  return {
    headers: { "x-mambo-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` },
    body,
  };
};

test("20,000 receivers, of which 100 are kept, take the memory of a few hundred", async () => {
  const kept = [];
  const round = async (number) => {
    for (let each = 0; each < 200; each += 1) {
      const secret = `secret ${number} of receiver ${each}`;
      const receiver = createReceiver({ secret, mac: "core" });
      if (each % 200 === 0) kept.push({ secret, receiver });
    }
    collect();
    // Finalizers run in a separate task.
    await new Promise((resolve) => setTimeout(resolve, 1));
  };
  for (let number = 0; number < 20; number += 1) await round(number);
  const before = memory.buffer.byteLength;
  for (let number = 20; number < 100; number += 1) await round(number);
  assert.ok(memory.buffer.byteLength - before <= 1024 * 1024, `${memory.buffer.byteLength - before} bytes more`);
  assert.equal(kept.length, 100);
  for (const { secret, receiver } of kept) assert.equal(receiver.verify(signed(secret)).keyId, "default");
  const [one, other] = kept;
  assert.throws(() => one.receiver.verify(signed(other.secret)), { code: "signature_mismatch" });
});
