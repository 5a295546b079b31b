// Deliveries in forms made up here, each with decoys: headers that look like a timestamp or a signature and are neither.
import { BODY_ALONE, MILLIS, RFC3339, SECRET, T, WHSEC, add, hmac } from "./delivery.mjs";

const BODY = JSON.stringify({ event: "order.updated", id: "o-17", note: "größer" });
const DECOYS = {
  "X-Request-Id": hmac("a request").slice(0, 32),
  "X-Content-Sha256": hmac("another digest"),
  "X-Sent-At": "1699999000",
  Digest: `SHA-256=${hmac("a digest", "base64")}`,
};
const form = (name, value, expected = {}, { headers, ...more } = {}) =>
  add({
    name,
    headers: { ...DECOYS, ...headers, "X-Hook-Signature": value },
    body: BODY,
    t: T,
    ...more,
    expected: { header: "x-hook-signature", ...expected },
  });

const dotted = hmac(`${T}.${BODY}`);
form("signature, dot, timestamp", `${dotted}.${T}`);
form("timestamp, comma, signature", `${T},${dotted}`);
form("the signature's pair before the timestamp's", `v1=${dotted},t=${T}`);
form("quoted values", `t="${T}", v1="${dotted}"`);
form("a prefix on the value", `t=${T},v1=sha256=${dotted}`);
form("the scheme's name in front of pairs", `HMAC-SHA256 t=${T},v1=${dotted}`);
form("the scheme's name in front of one signature", `HMAC-SHA256 ${hmac(BODY)}`, BODY_ALONE);
form("pairs with colons and semicolons", `t:${T};v1:${dotted}`);
form("pairs with blanks between them", `t=${T} v1=${dotted}`);
form(
  "a second signature under v2",
  `t=${T},v1=${hmac("signed with the new key")},v2=${dotted}`,
  {},
  { source: "https://developers.tabapay.com/reference/webhook-signature-headers; the signed text is assumed" },
);
form("key id and hash in front", `1/SHA256/${hmac(BODY)}`, BODY_ALONE, {
  source: "https://developer.worldpay.com/products/access/events/signature/; hex is assumed",
});

const bridge = hmac(`${MILLIS}.${BODY}`, "base64");
form(
  "milliseconds and base64",
  `t=${MILLIS},v0=${bridge}`,
  { unit: "milliseconds", signatureEncoding: "base64" },
  { t: MILLIS, source: "https://apidocs.bridge.xyz/platform/additional-information/webhooks/signature; there it is RSA" },
);
form("RFC 3339 in the signature header", `t=${RFC3339},v1=${hmac(`${RFC3339}.${BODY}`)}`, { unit: "rfc3339" }, { t: RFC3339 });
const OFFSET = "2023-11-14T23:13:20.100+01:00";
form(
  "RFC 3339 with an offset in a header",
  hmac(`${OFFSET}.${BODY}`),
  { timestamp: "x-hook-time", unit: "rfc3339" },
  { headers: { "X-Hook-Time": OFFSET } },
);
form(
  "milliseconds in a header",
  hmac(`${MILLIS}.${BODY}`),
  { timestamp: "x-hook-timestamp", unit: "milliseconds" },
  { headers: { "X-Hook-Timestamp": MILLIS } },
);

form("upper-case hex", `t=${T},v1=${hmac(`${T}.${BODY}`, "hex_upper")}`, { signatureEncoding: "hex_upper" });
form("timestamp and body on two lines", `t=${T},v1=${hmac(`${T}\n${BODY}`)}`, { signedText: "{timestamp}\n{body}" });
form("nothing between timestamp and body", `t=${T},v1=${hmac(`${T}${BODY}`)}`, { signedText: "{timestamp}{body}" });
const withId = { headers: { "X-Hook-Id": "d-1" } };
form(
  "an id before the timestamp, joined by colons",
  `t=${T},v1=${hmac(`d-1:${T}:${BODY}`)}`,
  { signedText: "{header:x-hook-id}:{timestamp}:{body}" },
  withId,
);
form("an id after the timestamp", `t=${T},v1=${hmac(`${T}.d-1.${BODY}`)}`, { signedText: "{timestamp}.{header:x-hook-id}.{body}" }, withId);

form("a secret in hex", `t=${T},v1=${dotted}`, {}, { secret: Buffer.from(SECRET).toString("hex"), secretEncoding: "hex" });
form("whsec_ as part of the secret's text", `t=${T},v1=${hmac(`${T}.${BODY}`, "hex", WHSEC)}`, {}, { secret: WHSEC });
form("an empty body", `t=${T},v1=${hmac(`${T}.`)}`, {}, { body: "" });
const LINES = '{\r\n  "a": 1\r\n}\n';
form("a body with CRLF, and a line end behind it", `t=${T},v1=${hmac(`${T}.${LINES}`)}`, {}, { body: LINES });
