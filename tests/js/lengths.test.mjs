// What is short of a delivery crosses to the core in another way than what is long: all lengths around where one ends.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";

const secret = "correct horse battery staple";
const seconds = 1_700_000_000;
/** The core's room for value and body. */
const ROOM_BYTES = 1024;

/** A delivery whose header has so many signatures of somebody else before its own. */
function delivery(body, others = 0) {
  const signature = createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex");
  return { headers: { "x-mambo-signature": `t=${seconds}${`,v1=${"0".repeat(64)}`.repeat(others)},v1=${signature}` }, body };
}
const receiver = (mac) => createReceiver({ secret, mac, clock: () => seconds * 1000 });

// The first one here: it takes the core's memory to another place.
test("a body that the core has to read itself, after the host hashed it, finds its digest where memory was had for it", () => {
  const body = Buffer.from(JSON.stringify(["x".repeat(900_000)]));
  const { event, kind } = receiver("host").receive(delivery(body));
  assert.equal(kind, null);
  assert.deepEqual(event.data, JSON.parse(body.toString()));
});

for (const mac of ["core", "host"]) {
  test(`values and bodies of all lengths are verified, and changed ones are not (${mac})`, () => {
    const one = receiver(mac);
    let seen = 0;
    for (let others = 0; others <= 6; others += 1) {
      const { length } = delivery("", others).headers["x-mambo-signature"];
      const left = ROOM_BYTES - length;
      const lengths = [0, 1, 15, 16, 17, left - 17, left - 16, left - 1, left, left + 1, ROOM_BYTES, 5000];
      for (const bytes of lengths) {
        const given = delivery(Buffer.alloc(bytes, "x"), others);
        assert.equal(one.verify(given).timestamp, seconds * 1000);
        const longer = { ...given, body: Buffer.concat([given.body, Buffer.from("x")]) };
        assert.throws(() => one.verify(longer), { code: "signature_mismatch" });
        seen += 1;
      }
    }
    assert.equal(seen, 84);
  });
}
