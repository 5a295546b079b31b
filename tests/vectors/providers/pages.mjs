// Deliveries signed as the provider's page says. The provider has no npm package that verifies them.
import { BODY_ALONE, OLD_SECRET, RFC3339, T, add, hmac, keyOf } from "./delivery.mjs";

const BODY = JSON.stringify({ event: "order.updated", id: "o-17", note: "größer" });
const DOTTED = `${T}.${BODY}`;
const page = (name, source, headers, expected, more = {}) =>
  add({ name, provider: name.split(":")[0].split(",")[0], source, headers, body: BODY, expected, ...more });

page(
  "Zendesk",
  "https://developer.zendesk.com/documentation/webhooks/verifying/",
  {
    "x-zendesk-webhook-id": "01F4WZ3",
    "x-zendesk-webhook-signature": hmac(RFC3339 + BODY, "base64"),
    "x-zendesk-webhook-signature-timestamp": RFC3339,
  },
  {
    header: "x-zendesk-webhook-signature",
    timestamp: "x-zendesk-webhook-signature-timestamp",
    signedText: "{timestamp}{body}",
    unit: "rfc3339",
    signatureEncoding: "base64",
  },
);
page(
  "Typeform",
  "https://www.typeform.com/developers/webhooks/secure-your-webhooks/",
  { "Typeform-Signature": `sha256=${hmac(BODY, "base64")}` },
  { header: "typeform-signature", ...BODY_ALONE, signatureEncoding: "base64" },
);
page(
  "PagerDuty, during a rotation",
  "https://docs.pagerduty.com/developer/verifying-webhook-signatures",
  { "X-Webhook-Id": "e4d9d2a0", "X-PagerDuty-Signature": `v1=${hmac(BODY, "hex", OLD_SECRET)},v1=${hmac(BODY)}` },
  { header: "x-pagerduty-signature", ...BODY_ALONE },
);
page(
  "Cloudflare Stream",
  "https://developers.cloudflare.com/stream/manage-video-library/using-webhooks/",
  { "Webhook-Signature": `time=${T},sig1=${hmac(DOTTED)}` },
  { header: "webhook-signature" },
  { t: T },
);
page(
  "TikTok",
  "https://developers.tiktok.com/doc/webhooks-verification",
  { "TikTok-Signature": `t=${T},s=${hmac(DOTTED)}` },
  { header: "tiktok-signature" },
  { t: T },
);
page(
  "Bridge API: upper-case hex",
  "https://docs.bridgeapi.io/docs/secure-your-webhooks",
  { "BridgeApi-Signature": `v1=${hmac(BODY, "hex_upper")}` },
  { header: "bridgeapi-signature", ...BODY_ALONE, signatureEncoding: "hex_upper" },
);
const airtableSecret = Buffer.from("thirty-two bytes of a MAC secret").toString("base64");
page(
  "Airtable: the secret is base64",
  "https://airtable.com/developers/web/api/webhooks-overview",
  { "X-Airtable-Content-MAC": `hmac-sha256=${hmac(BODY, "hex", keyOf(airtableSecret, "base64"))}` },
  { header: "x-airtable-content-mac", ...BODY_ALONE },
  { secret: airtableSecret, secretEncoding: "base64" },
);
page(
  "Everee, during a rotation: the timestamp is in a header",
  "https://developer.everee.com/docs/authenticating-events",
  {
    "x-everee-webhook-timestamp": T,
    "x-everee-webhook-signature": `v1=${hmac(DOTTED, "hex", OLD_SECRET)},v1=${hmac(DOTTED)}`,
  },
  { header: "x-everee-webhook-signature", timestamp: "x-everee-webhook-timestamp" },
);
page(
  "Xobni",
  "https://www.xobni.ai/docs/webhooks/security",
  {
    "X-Xobni-Event": "email.received",
    "X-Xobni-Delivery": "0d5f6a6e-7d3c-4c39",
    "X-Xobni-Timestamp": T,
    "X-Xobni-Signature": `sha256=${hmac(DOTTED)}`,
  },
  { header: "x-xobni-signature", timestamp: "x-xobni-timestamp" },
);
page(
  "Hookdeck Outpost: the timestamp is not signed",
  "https://hookdeck.com/docs/outpost/destinations/webhook",
  {
    "x-outpost-event-id": "evt_abc123",
    "x-outpost-topic": "order.updated",
    "x-outpost-timestamp": RFC3339,
    "x-outpost-signature": `v0=${hmac(BODY)}`,
  },
  { header: "x-outpost-signature", ...BODY_ALONE },
);
page(
  "Persona, during a rotation: two groups of pairs",
  "https://docs.withpersona.com/webhooks-best-practices",
  { "Persona-Signature": `t=${T},v1=${hmac(DOTTED, "hex", OLD_SECRET)} t=${T},v1=${hmac(DOTTED)}` },
  { header: "persona-signature" },
  { t: T },
);
