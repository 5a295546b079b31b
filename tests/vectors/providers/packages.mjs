// Deliveries that the provider's npm package signed, or accepts.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { mock } from "node:test";
import { BODY_ALONE, MILLIS, NOW, OLD_SECRET, SECRET, T, WHSEC, add, hmac } from "./delivery.mjs";

const PACKAGES = new URL("package.json", import.meta.url);
const require = createRequire(PACKAGES);
const installed = (path) => new URL(`node_modules/${path}`, PACKAGES);
const json = JSON.stringify;

/** Adds a delivery that the named package accepts. */
const provider = (name, pkg, source, { body, ...more }) => {
  const { version } = JSON.parse(readFileSync(installed(`${pkg}/package.json`)));
  add({ name, provider: name.split(":")[0].split(",")[0], package: `${pkg} ${version}`, source, body, ...more });
};

const stripe = new (require("stripe"))("sk_test_unused");
const STRIPE_SECRET = "whsec_0123456789abcdefghijklmnopqrstuv";
const stripeBody = json({ id: "evt_1", object: "event", api_version: "2025-09-30.clover", created: 1699999998, type: "payout.paid" });
const stripeHeader = (secret) => stripe.webhooks.generateTestHeaderString({ payload: stripeBody, secret, timestamp: Number(T) });
const stripeSigned = (name, value) =>
  provider(name, "stripe", "https://docs.stripe.com/webhooks/signatures", {
    secret: STRIPE_SECRET,
    headers: { "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)", "Stripe-Signature": value },
    body: stripeBody,
    t: T,
    expected: { header: "stripe-signature" },
    accepts: ({ headers, body }, secret) => stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret),
  });
const stripePair = stripeHeader(STRIPE_SECRET).split(",")[1];
stripeSigned("Stripe", stripeHeader(STRIPE_SECRET));
stripeSigned("Stripe, during a rotation, with a v0", `${stripeHeader(OLD_SECRET)},${stripePair},v0=${hmac("for test events")}`);

const { verifySlackRequest } = require("@slack/bolt/dist/receivers/verify-request.js");
const slack = (name, type, body) =>
  provider(name, "@slack/bolt", "https://docs.slack.dev/authentication/verifying-requests-from-slack", {
    headers: { "Content-Type": type, "X-Slack-Request-Timestamp": T, "X-Slack-Signature": `v0=${hmac(`v0:${T}:${body}`)}` },
    body,
    expected: { header: "x-slack-signature", timestamp: "x-slack-request-timestamp", signedText: "v0:{timestamp}:{body}" },
    accepts: (delivery, signingSecret) => {
      verifySlackRequest({ signingSecret, ...delivery });
      return true;
    },
  });
slack("Slack", "application/json", json({ type: "event_callback", event: { type: "app_mention", text: "hé" }, event_time: 1699999999 }));
slack("Slack: a command, whose body is a form", "application/x-www-form-urlencoded", "team_id=T1&command=%2Fdeploy&text=main+now");

const octokit = await import(installed("@octokit/webhooks-methods/dist-node/index.js"));
const githubBody = json({ action: "opened", issue: { number: 7, title: "Broken\nlink" }, sender: { login: "ada" } });
provider("GitHub: an older SHA-1 header beside", "@octokit/webhooks-methods", "https://docs.github.com/en/webhooks", {
  headers: {
    "User-Agent": "GitHub-Hookshot/0123abc",
    "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "X-GitHub-Event": "issues",
    "X-GitHub-Hook-ID": "292430182",
    "X-Hub-Signature": `sha1=${createHmac("sha1", SECRET).update(githubBody).digest("hex")}`,
    "X-Hub-Signature-256": await octokit.sign(SECRET, githubBody),
  },
  body: githubBody,
  expected: { header: "x-hub-signature-256", ...BODY_ALONE },
  accepts: ({ headers, body }, secret) => octokit.verify(secret, body, headers["x-hub-signature-256"]),
});

require("@shopify/shopify-api/adapters/node");
const { shopifyApi } = require("@shopify/shopify-api");
const shopifyBody = json({ id: 820982911946154500, email: "ada@example.com", total_price: "409.94" });
const SHOPIFY = { apiKey: "key", hostName: "example.com", apiVersion: "2025-01", isEmbeddedApp: false, logger: { log: () => {} } };
provider("Shopify", "@shopify/shopify-api", "https://shopify.dev/docs/apps/build/webhooks/subscribe/https", {
  headers: {
    "X-Shopify-Topic": "orders/paid",
    "X-Shopify-Hmac-Sha256": hmac(shopifyBody, "base64"),
    "X-Shopify-Shop-Domain": "example.myshopify.com",
    "X-Shopify-API-Version": "2025-01",
    "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    "X-Shopify-Triggered-At": "2023-11-14T22:13:19.901Z",
  },
  body: shopifyBody,
  expected: { header: "x-shopify-hmac-sha256", ...BODY_ALONE, signatureEncoding: "base64" },
  accepts: async ({ headers, body }, apiSecretKey) => {
    const shopify = shopifyApi({ ...SHOPIFY, apiSecretKey });
    return (await shopify.webhooks.validate({ rawBody: body, rawRequest: { headers }, rawResponse: {} })).valid;
  },
});

const standardWebhooks = (name, pkg, prefix, source, listed = (value) => value) => {
  const { Webhook } = require(pkg);
  const body = json({ type: "invoice.paid", timestamp: "2023-11-14T22:13:19Z", data: { id: "in_1", total: 10.5 } });
  const id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
  const value = new Webhook(WHSEC).sign(id, new Date(Number(T) * 1000), body);
  provider(name, pkg, source, {
    secret: WHSEC,
    secretEncoding: "base64",
    headers: { [`${prefix}-id`]: id, [`${prefix}-timestamp`]: T, [`${prefix}-signature`]: listed(value), "user-agent": "Sender/1.0" },
    body,
    expected: {
      header: `${prefix}-signature`,
      timestamp: `${prefix}-timestamp`,
      signedText: `{header:${prefix}-id}.{timestamp}.{body}`,
      signatureEncoding: "base64",
    },
    accepts: ({ headers, body: text }, secret) => {
      new Webhook(secret).verify(text, headers);
      return true;
    },
  });
};
const SPECIFICATION = "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md";
const ASYMMETRIC = `v1a,${Buffer.alloc(64, 7).toString("base64")}`;
standardWebhooks("Standard Webhooks", "standardwebhooks", "webhook", SPECIFICATION);
standardWebhooks(
  "Standard Webhooks, during a rotation, with an asymmetric v1a",
  "standardwebhooks",
  "webhook",
  SPECIFICATION,
  (value) => `${ASYMMETRIC} v1,${hmac("signed with the old key", "base64")} ${value}`,
);
standardWebhooks("Svix", "svix", "svix", "https://docs.svix.com/receiving/verifying-payloads/how-manual");

const { Paddle } = require("@paddle/paddle-node-sdk");
const PADDLE_SECRET = "pdl_ntfset_01_0123456789abcdef";
const paddleBody = json({
  event_id: "evt_01",
  event_type: "customer.created",
  occurred_at: "2023-11-14T22:13:19.900Z",
  data: { id: "ctm_01" },
});
const paddle = (name, signatures) =>
  provider(name, "@paddle/paddle-node-sdk", "https://developer.paddle.com/webhooks/about/signature-verification", {
    secret: PADDLE_SECRET,
    headers: { "user-agent": "Paddle", "Paddle-Version": "1", "Paddle-Signature": [`ts=${T}`, ...signatures].join(";") },
    body: paddleBody,
    t: T,
    expected: { header: "paddle-signature", signedText: "{timestamp}:{body}" },
    accepts: ({ headers, body }, secret) => new Paddle("unused").webhooks.isSignatureValid(body, secret, headers["paddle-signature"]),
  });
const paddleSignature = `h1=${hmac(`${T}:${paddleBody}`, "hex", PADDLE_SECRET)}`;
paddle("Paddle", [paddleSignature]);
paddle("Paddle, during a rotation", [`h1=${hmac("signed with the old key")}`, paddleSignature]);

const { AwsLambdaReceiver } = require("@zoom/rivet/meetings");
const zoomBody = json({
  event: "meeting.started",
  event_ts: NOW - 50,
  payload: { account_id: "AAAAAABBBB", object: { id: "1234567890" } },
});
provider("Zoom", "@zoom/rivet", "https://developers.zoom.us/docs/api/webhooks", {
  headers: {
    "x-zm-trackingid": "v=2.0;clid=aw1;rid=WEB_1f9e",
    "x-zm-signature": `v0=${hmac(`v0:${T}:${zoomBody}`)}`,
    "x-zm-request-timestamp": T,
    "user-agent": "Zoom Marketplace/1.0a",
  },
  body: zoomBody,
  expected: { header: "x-zm-signature", timestamp: "x-zm-request-timestamp", signedText: "v0:{timestamp}:{body}" },
  accepts: async (delivery, webhooksSecretToken) => {
    const silenced = mock.method(console, "debug", () => {});
    const { statusCode } = await new AwsLambdaReceiver({ webhooksSecretToken }).start()(delivery, {});
    silenced.mock.restore();
    return statusCode === 200;
  },
});

const { WorkOS } = require("@workos-inc/node");
const workosBody = json({ id: "event_01", event: "dsync.user.created", created_at: "2023-11-14T22:13:20.100Z", data: { id: "user_01" } });
provider("WorkOS: milliseconds, and a blank after the comma", "@workos-inc/node", "https://workos.com/docs/events/data-syncing/webhooks", {
  headers: { "WorkOS-Signature": `t=${MILLIS}, v1=${hmac(`${MILLIS}.${workosBody}`)}` },
  body: workosBody,
  t: MILLIS,
  expected: { header: "workos-signature", unit: "milliseconds" },
  accepts: ({ headers, body }, secret) =>
    new WorkOS("unused").webhooks.verifyHeader({ payload: JSON.parse(body), sigHeader: headers["workos-signature"], secret }),
});

const sanity = require("@sanity/webhook");
const sanityBody = json({ _id: "drafts.1", _type: "post", title: "Zwölf" });
provider("Sanity: base64url without padding", "@sanity/webhook", "https://www.sanity.io/docs/content-lake/webhook-best-practices", {
  headers: {
    "sanity-dataset": "production",
    "sanity-transaction-id": "w5PYf0J5wu8iZpF0A9lZ1a",
    "idempotency-key": "4f2b7c1e9d",
    "sanity-webhook-signature": await sanity.encodeSignatureHeader(sanityBody, NOW, SECRET),
  },
  body: sanityBody,
  t: MILLIS,
  expected: { header: "sanity-webhook-signature", unit: "milliseconds", signatureEncoding: "base64_url" },
  accepts: ({ headers, body }, secret) => sanity.isValidSignature(body, headers["sanity-webhook-signature"], secret),
});

const line = require("@line/bot-sdk");
const lineBody = json({
  destination: "U0",
  events: [{ type: "message", timestamp: NOW - 900, message: { type: "text", text: "こんにちは" } }],
});
provider("LINE", "@line/bot-sdk", "https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature", {
  headers: { "user-agent": "LineBotWebhook/2.0", "x-line-signature": hmac(lineBody, "base64") },
  body: lineBody,
  expected: { header: "x-line-signature", ...BODY_ALONE, signatureEncoding: "base64" },
  accepts: ({ headers, body }, secret) => line.validateSignature(body, secret, headers["x-line-signature"]),
});

const razorpay = require("razorpay");
const razorpayBody = json({
  entity: "event",
  event: "payment.captured",
  payload: { payment: { entity: { id: "pay_1" } } },
  created_at: 1699999990,
});
provider("Razorpay", "razorpay", "https://razorpay.com/docs/webhooks/validate-test", {
  headers: { "x-razorpay-event-id": "NVFgUsy1f1xQzz", "x-razorpay-signature": hmac(razorpayBody) },
  body: razorpayBody,
  expected: { header: "x-razorpay-signature", ...BODY_ALONE },
  accepts: ({ headers, body }, secret) => razorpay.validateWebhookSignature(body, headers["x-razorpay-signature"], secret),
});

const { EventSubMiddleware } = require("@twurple/eventsub-http");
const TWITCH = "twitch-eventsub-message";
const twitchBody = json({ subscription: { id: "f1c2a387", type: "stream.online" }, event: { broadcaster_user_id: "1337", type: "live" } });
const [twitchId, twitchTime] = ["e76c6bd4-55c9-4987-8304-da1588d8988b", "2023-11-14T22:13:20.123456789Z"];
provider("Twitch EventSub", "@twurple/eventsub-http", "https://dev.twitch.tv/docs/eventsub/handling-webhook-events", {
  headers: {
    "Twitch-Eventsub-Message-Id": twitchId,
    "Twitch-Eventsub-Message-Retry": "0",
    "Twitch-Eventsub-Message-Type": "notification",
    "Twitch-Eventsub-Message-Signature": `sha256=${hmac(twitchId + twitchTime + twitchBody)}`,
    "Twitch-Eventsub-Message-Timestamp": twitchTime,
    "Twitch-Eventsub-Subscription-Version": "1",
  },
  body: twitchBody,
  expected: {
    header: `${TWITCH}-signature`,
    timestamp: `${TWITCH}-timestamp`,
    signedText: `{header:${TWITCH}-id}{timestamp}{body}`,
    unit: "rfc3339",
  },
  accepts: ({ headers, body }, _secret) =>
    EventSubMiddleware.prototype._verifyData.call(
      { _secret },
      ...["id", "timestamp"].map((part) => headers[`${TWITCH}-${part}`]),
      body,
      headers[`${TWITCH}-signature`],
    ),
});

const { WebflowClient } = require("webflow-api");
const webflowBody = json({ triggerType: "form_submission", payload: { name: "Contact", submittedAt: "2023-11-14T22:13:19.001Z" } });
provider("Webflow: milliseconds in a header", "webflow-api", "https://developers.webflow.com/data/docs/working-with-webhooks", {
  headers: { "x-webflow-timestamp": MILLIS, "x-webflow-signature": hmac(`${MILLIS}:${webflowBody}`) },
  body: webflowBody,
  expected: { header: "x-webflow-signature", timestamp: "x-webflow-timestamp", signedText: "{timestamp}:{body}", unit: "milliseconds" },
  accepts: (delivery, secret) => new WebflowClient({ accessToken: "unused" }).webhooks.verifySignature({ ...delivery, secret }),
});

const { WebhooksHelper } = require("square");
const squareUrl = "https://example.com/hooks/square";
const squareBody = json({
  merchant_id: "6SSW7HV8K2ST5",
  type: "payment.created",
  event_id: "13b867cf",
  created_at: "2023-11-14T22:13:19.9Z",
});
provider("Square: the receiver's URL is signed", "square", "https://developer.squareup.com/docs/webhooks/step3validate", {
  headers: { "square-environment": "Production", "x-square-hmacsha256-signature": hmac(squareUrl + squareBody, "base64") },
  body: squareBody,
  expected: { header: "x-square-hmacsha256-signature", timestamp: "none", signedText: `${squareUrl}{body}`, signatureEncoding: "base64" },
  accepts: ({ headers, body: requestBody }, signatureKey) => {
    const signatureHeader = headers["x-square-hmacsha256-signature"];
    return WebhooksHelper.verifySignature({ requestBody, signatureHeader, signatureKey, notificationUrl: squareUrl });
  },
});
