// Makes ../providers.json: deliveries as other providers sign them. Each is checked first: by HMAC-SHA256 over the text that
// `expected` describes, and by the provider's package, which must also refuse a changed body. To run it:
// npm install --force --prefix tests/vectors/providers && node tests/vectors/providers/make.mjs
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mock } from "node:test";
import { ENCODE, NOW, deliveries, keyOf } from "./delivery.mjs";

// One after the other, so that the order of the output does not depend on what each of them awaits.
for (const name of ["packages", "pages", "forms"]) await import(`./${name}.mjs`);

const MILLIS_OF = { seconds: (text) => Number(text) * 1000, milliseconds: Number, rfc3339: Date.parse };

/** The signed text, from what is expected and from the headers; `t` is the timestamp of the signature header. */
const signedText = ({ expected, headers, body, t }) =>
  expected.signedText.replace(/\{(?:header:([^}]+)|timestamp|body)\}/g, (token, name) => {
    if (name) return headers[name];
    return token === "{body}" ? body : (headers[expected.timestamp] ?? t);
  });

const accepted = async ({ accepts, secret, headers }, body) => {
  try {
    return Boolean(await accepts({ headers, body }, secret));
  } catch {
    return false;
  }
};

const check = async (delivery) => {
  const { name, secret, secretEncoding, headers, body, expected, t, accepts } = delivery;
  const key = keyOf(secret, secretEncoding);
  assert.ok(key.length >= 16, `${name}: the secret is short`);
  const value = headers[expected.header];
  const signature = ENCODE[expected.signatureEncoding](createHmac("sha256", key).update(signedText(delivery)).digest());
  assert.ok(value.includes(signature), `${name}: ${expected.header} holds no signature of the expected text`);
  if (expected.unit) {
    const timestamp = expected.timestamp === "signature_header" ? t : headers[expected.timestamp];
    assert.ok(expected.timestamp !== "signature_header" || value.includes(t), `${name}: no timestamp in ${expected.header}`);
    assert.ok(Math.abs(MILLIS_OF[expected.unit](timestamp) - NOW) < 1000, `${name}: the timestamp is not that of the signing`);
  }
  if (accepts) {
    assert.ok(await accepted(delivery, body), `${name}: refused by the provider's package`);
    assert.ok(!(await accepted(delivery, body.replace(/[a-m]/, "z"))), `${name}: the package accepts a changed body`);
  }
};

mock.timers.enable({ apis: ["Date"], now: NOW });
for (const delivery of deliveries) {
  const headers = Object.fromEntries(delivery.headers.map(([name, value]) => [name.toLowerCase(), value]));
  assert.equal(Object.keys(headers).length, delivery.headers.length, `${delivery.name}: a header twice`);
  await check({ ...delivery, headers });
}
mock.timers.reset();
assert.equal(new Set(deliveries.map(({ name }) => name)).size, deliveries.length, "a name twice");
// The timestamp's text and the package's verdict are for the checks above only.
const printed = deliveries.map(({ t, accepts, ...delivery }) => delivery);
writeFileSync(new URL("../providers.json", import.meta.url), `${JSON.stringify({ format: 1, deliveries: printed }, null, 1)}\n`);
console.log(`${deliveries.length} deliveries`);
