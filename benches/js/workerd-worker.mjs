// Verifies in Cloudflare's workerd as often as it is asked to; whoever asks has the watch, since the clock stands still in here.
import { createHmac, timingSafeEqual } from "node:crypto";
import { verify as octokit } from "@octokit/webhooks-methods";
import { createReceiver } from "mambo-webhooks";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as Svix } from "svix";
import { SIZES, body, delivery, secret } from "./deliveries.mjs";

const base64 = Buffer.from(secret).toString("base64");
let contestants;

/** Made in the first request: outside of one, workerd has no time, no randomness and no keys. */
async function prepare(seconds) {
  const { signature } = new Stripe("sk_test_unused").webhooks;
  const [plain, core, standard, svix] = [createReceiver({ secret }), createReceiver({ secret, mac: "core" }), new Webhook(base64), new Svix(base64)];
  const webKey = await crypto.subtle.importKey("raw", Buffer.from(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const of = (given) => {
    const { headers } = given;
    const [webText, webTag] = [Buffer.concat([Buffer.from(`${seconds}.`), given.bytes]), Buffer.from(given.signature.split("v1=")[1], "hex")];
    return {
      ours: () => plain.verify({ headers, body: given.bytes }),
      "ours, core alone": () => core.verify({ headers, body: given.bytes }),
      "node:crypto by hand": () => {
        const [time, tag] = given.signature.split(",").map((part) => part.slice(part.indexOf("=") + 1));
        const mac = createHmac("sha256", secret).update(`${time}.`).update(given.bytes).digest();
        if (!timingSafeEqual(mac, Buffer.from(tag, "hex"))) throw new Error("refused");
      },
      stripe: async () => void (await signature.verifyHeaderAsync(given.bytes, given.signature, secret, 300)),
      standardwebhooks: () => standard.verify(given.text, given.standard, { jsonParse: false }),
      svix: () => svix.verify(given.text, { "svix-id": "msg_1", "svix-timestamp": given.standard["webhook-timestamp"], "svix-signature": given.standard["webhook-signature"] }, { jsonParse: false }),
      "@octokit/webhooks-methods": async () => {
        if (!(await octokit(secret, given.text, given.octokit))) throw new Error("refused");
      },
      WebCrypto: async () => {
        if (!(await crypto.subtle.verify("HMAC", webKey, webTag, webText))) throw new Error("refused");
      },
    };
  };
  return Object.fromEntries(SIZES.map((bytes) => [bytes, of(delivery(body(bytes), seconds))]));
}

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const [bytes, name, calls, seconds] = ["bytes", "name", "calls", "seconds"].map((each) => searchParams.get(each));
    contestants ??= await prepare(Number(seconds));
    const act = contestants[bytes][name];
    if (act === undefined) return Response.json(Object.keys(contestants[bytes]));
    if (act.constructor.name === "AsyncFunction") for (let call = 0; call < Number(calls); call += 1) await act();
    else for (let call = 0; call < Number(calls); call += 1) act();
    return Response.json("done");
  },
};
