// Who verifies a delivery, in Node and in other runtimes alike.
import { createHmac, timingSafeEqual } from "node:crypto";
import { verify as octokit } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as Svix } from "svix";
import { secret } from "./deliveries.mjs";

export const { webhooks } = new Stripe("sk_test_unused");
const { signature: stripe } = webhooks;

export function hand({ bytes, signature }) {
  const [time, tag] = signature.split(",").map((part) => part.slice(part.indexOf("=") + 1));
  const mac = createHmac("sha256", secret).update(`${time}.`).update(bytes).digest();
  if (!timingSafeEqual(mac, Buffer.from(tag, "hex"))) throw new Error("refused");
}

/** For a delivery that was signed at `seconds`, a function of each contestant that verifies it. */
export async function verifying(createReceiver, seconds, isStripeAsync) {
  const base64 = Buffer.from(secret).toString("base64");
  const [plain, core, standard, svix] = [
    createReceiver({ secret }),
    createReceiver({ secret, mac: "core" }),
    new Webhook(base64),
    new Svix(base64),
  ];
  const webKey = await crypto.subtle.importKey("raw", Buffer.from(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return (given) => {
    const { headers } = given;
    const webText = Buffer.concat([Buffer.from(`${seconds}.`), given.bytes]);
    const webTag = Buffer.from(given.signature.split("v1=")[1], "hex");
    return {
      ours: () => plain.verify({ headers, body: given.bytes }),
      "ours, core alone": () => core.verify({ headers, body: given.bytes }),
      "node:crypto by hand": () => hand(given),
      stripe: isStripeAsync
        ? async () => void (await stripe.verifyHeaderAsync(given.bytes, given.signature, secret, 300))
        : () => stripe.verifyHeader(given.bytes, given.signature, secret, 300),
      standardwebhooks: () => standard.verify(given.text, given.standard, { jsonParse: false }),
      svix: () =>
        svix.verify(
          given.text,
          {
            "svix-id": "msg_1",
            "svix-timestamp": given.standard["webhook-timestamp"],
            "svix-signature": given.standard["webhook-signature"],
          },
          { jsonParse: false },
        ),
      "@octokit/webhooks-methods": async () => {
        if (!(await octokit(secret, given.text, given.octokit))) throw new Error("refused");
      },
      WebCrypto: async () => {
        if (!(await crypto.subtle.verify("HMAC", webKey, webTag, webText))) throw new Error("refused");
      },
    };
  };
}
