// Makes the cases whose header npm stripe signed.
import { createRequire } from "node:module";
import { NOW, SECRET, T, add } from "./case.mjs";

const require = createRequire(new URL("../../../js/package.json", import.meta.url));
const Stripe = require("stripe");

const stripe = new Stripe("sk_test_unused");
for (const [index, payload] of ['{"id":"evt_1","object":"event"}', "{}", '{"text":"é"}', "[]"].entries()) {
  const value = stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET, timestamp: T });
  add(
    `stripe's own header ${index + 1}`,
    "npm stripe 23.1.0 generateTestHeaderString",
    {
      headers: [["Stripe-Signature", value]],
      body: payload,
      settings: { profile: { scheme: { header: "stripe-signature", signedTexts: ["{timestamp}.{body}"] } } },
    },
    { type: null, id: null, data: payload, keyId: "default", receivedVersion: null, deliveredVersion: null, applied: [], timestamp: NOW },
  );
}
