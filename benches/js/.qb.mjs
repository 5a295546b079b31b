// Verifying, and verifying with parsing and one renamed member, side by side with the peers. Prints JSON.
import { createHmac, timingSafeEqual } from "node:crypto";
import { verify as octokit } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as Svix } from "svix";
import { SIZES, body, delivery, secret } from "./deliveries.mjs";
import { rounds } from "./rounds.mjs";

// The package as it is installed, by its file: the peers are beside this one.
const { createReceiver } = await import(process.env.MAMBO_ENTRY);
const quick = process.argv.includes("--quick");
const onlyVerify = process.argv.includes("--verify");
const seconds = Math.floor(Date.now() / 1000);
const base64 = Buffer.from(secret).toString("base64");
const stripe = new Stripe("sk_test_unused");
const standard = new Webhook(base64);
const svix = new Svix(base64);
const webKey = await crypto.subtle.importKey("raw", Buffer.from(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);

const registry = {
  format: 1, releases: ["8.0.3", "8.10.2"], events: { ActivityCreated: { model: "Activity" } }, models: { Activity: {} },
  changes: [{ id: "verb-to-action", since: "8.10.2", on: { model: "Activity" }, summary: "verb is called action", lossy: "none", ops: [{ op: "rename", at: "/attrs/verb", to: "action" }] }],
};
const plain = createReceiver({ secret });
const core = createReceiver({ secret, mac: "core" });
const upgrading = createReceiver({ secret, registry, wanted: "8.10.2" });

function hand({ bytes, signature }) {
  const [time, tag] = signature.split(",").map((part) => part.slice(part.indexOf("=") + 1));
  const mac = createHmac("sha256", secret).update(`${time}.`).update(bytes).digest();
  if (!timingSafeEqual(mac, Buffer.from(tag, "hex"))) throw new Error("refused");
}
const renamed = (event) => {
  const { verb, ...attrs } = event.data.attrs;
  return { ...event, data: { ...event.data, attrs: { ...attrs, action: verb } } };
};
const checked = (event) => {
  if (event.data.attrs.action !== "read") throw new Error("not upgraded");
};

const results = [];
for (const bytes of quick ? SIZES.slice(0, 2) : SIZES) {
  const given = delivery(body(bytes), seconds);
  const { headers } = given;
  const webText = Buffer.concat([Buffer.from(`${seconds}.`), given.bytes]);
  const webTag = Buffer.from(given.signature.split("v1=")[1], "hex");
  const { signature } = stripe.webhooks;
  const options = { count: quick ? 15 : 31, sliceMs: bytes > 100_000 ? 30 : 8 };
  const verify = {
    ours: () => plain.verify({ headers, body: given.bytes }),
    "ours, core alone": () => core.verify({ headers, body: given.bytes }),
    "node:crypto by hand": () => hand(given),
    // In Bun and Deno it has no other way.
    stripe: "Bun" in globalThis || "Deno" in globalThis
      ? async () => void (await signature.verifyHeaderAsync(given.bytes, given.signature, secret, 300))
      : () => signature.verifyHeader(given.bytes, given.signature, secret, 300),
    "@octokit/webhooks-methods": async () => {
      if (!(await octokit(secret, given.text, given.octokit))) throw new Error("refused");
    },
  };
  results.push({ task: "verify", bytes, times: await rounds(verify, options) });
  if (onlyVerify) continue;
  const upgrade = {
    ours: () => checked(upgrading.receive({ headers, body: given.bytes }).event),
    stripe: () => checked(renamed(stripe.webhooks.constructEvent(given.bytes, given.signature, secret, 300))),
    "node:crypto by hand": () => {
      hand(given);
      checked(renamed(JSON.parse(given.bytes.toString())));
    },
  };
  results.push({ task: "upgrade", bytes, times: await rounds(upgrade, options) });
}

import {ratio,median} from "./rounds.mjs";
for (const r of results) { const names=Object.keys(r.times); console.log(r.task, r.bytes, names.map(n=> n==="ours"? "ours "+(median(r.times.ours)/1000).toFixed(2)+"us" : n.slice(0,18)+" "+ratio(r.times,"ours",n).toFixed(2)).join("  ")); }
