// What receivers do with deliveries that tell them apart, ours and the peers', as a Markdown table. With --check, whether
// docs/COMPARE.md has that very table; with --write, it is written there.
import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { verifyWithFallback } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as Svix } from "svix";

// The package as `cargo xtask build` makes it, unless another one is named.
const { createReceiver, memoryReplayStore } = await import(process.env.MAMBO_ENTRY ?? new URL("../../pkg/dist/index.js", import.meta.url));
const secret = "a secret of more than sixteen bytes";
const other = "another secret of more than 16 bytes";
const base64 = (text) => Buffer.from(text).toString("base64");
const hmac = (key, ...parts) => {
  const made = createHmac("sha256", key);
  for (const part of parts) made.update(part);
  return made.digest();
};
const stripe = new Stripe("sk_test_unused");

/** How each peer signs: headers for bytes, a timestamp's text and a key. */
const pairs = (name) => (body, time, key) => ({ [name]: `t=${time},v1=${hmac(key, `${time}.`, body).toString("hex")}` });
const standard = (prefix) => (body, time, key) => ({
  [`${prefix}-id`]: "msg_1",
  [`${prefix}-timestamp`]: time,
  [`${prefix}-signature`]: `v1,${hmac(key, `msg_1.${time}.`, body).toString("base64")}`,
});
const replay = { store: memoryReplayStore() };
const peers = {
  "mambo-webhooks": {
    sign: pairs("x-mambo-signature"),
    verify: (body, headers, keys) =>
      createReceiver({ keys: keys.map((key, id) => ({ id: `${id}`, secret: key })) }).verify({ headers, body }),
    once: (body, headers) => createReceiver({ secret, replay }).process({ headers, body }, () => {}),
  },
  stripe: {
    sign: pairs("stripe-signature"),
    takes: { headers: "takes the value", secrets: "takes one secret" },
    verify: (body, headers, [key]) => stripe.webhooks.signature.verifyHeader(body, headers["stripe-signature"], key, 300),
  },
  standardwebhooks: {
    takes: { secrets: "takes one secret" },
    sign: standard("webhook"),
    verify: (body, headers, [key]) => new Webhook(base64(key)).verify(body, headers),
  },
  svix: {
    takes: { secrets: "takes one secret" },
    sign: standard("svix"),
    verify: (body, headers, [key]) => new Svix(base64(key)).verify(body, headers),
  },
  "@octokit/webhooks-methods": {
    takes: { headers: "takes the value", time: "has no timestamp" },
    sign: (body, _time, key) => ({ "x-hub-signature-256": `sha256=${hmac(key, body).toString("hex")}` }),
    verify: async (body, headers, [key, ...more]) => {
      if (!(await verifyWithFallback(key, body, headers["x-hub-signature-256"], more)))
        throw Object.assign(new Error("refused"), { code: "false" });
    },
  },
};

const body = Buffer.from('{"event":"Ping","data":{"message":"ping"}}');
const now = () => `${Math.floor(Date.now() / 1000)}`;
const around = (middle) => Buffer.concat([Buffer.from('{"event":"Ping","data":"'), Buffer.from(middle), Buffer.from('"}')]);

/** What a case asks for that not every peer has. */
const needs = {
  "headers as Fetch's `Headers`": "headers",
  "signed with the older of two secrets": "secrets",
  "dated a year ahead": "time",
  "ten minutes old": "time",
  "letters put behind the timestamp's digits": "time",
};

/** Each hands back what `verify` comes to. */
const cases = {
  "an honest delivery, body as text": ({ sign, verify }) => verify(body.toString(), sign(body, now(), secret), [secret]),
  "body as bytes, in a Uint8Array": ({ sign, verify }) => verify(new Uint8Array(body), sign(body, now(), secret), [secret]),
  "body in an ArrayBuffer": ({ sign, verify }) => verify(new Uint8Array(body).buffer, sign(body, now(), secret), [secret]),
  "headers as Fetch's `Headers`": ({ sign, verify }) => verify(body.toString(), new Headers(sign(body, now(), secret)), [secret]),
  "signed with the older of two secrets": ({ sign, verify }) => verify(body.toString(), sign(body, now(), other), [secret, other]),
  "dated a year ahead": ({ sign, verify }) => verify(body.toString(), sign(body, `${Number(now()) + 31_536_000}`, secret), [secret]),
  "ten minutes old": ({ sign, verify }) => verify(body.toString(), sign(body, `${Number(now()) - 600}`, secret), [secret]),
  "letters put behind the timestamp's digits": ({ sign, verify }) => {
    const time = now();
    const entries = Object.entries(sign(body, time, secret)).map(([name, value]) => [name, value.replace(time, `${time}abc`)]);
    return verify(body.toString(), Object.fromEntries(entries), [secret]);
  },
  "a character exchanged for a byte that is no UTF-8": ({ sign, verify }) =>
    verify(around([0xff]), sign(around("\uFFFD"), now(), secret), [secret]),
  "the same delivery twice": async ({ sign, verify, once = verify }) => {
    const headers = sign(body, now(), secret);
    await once(body.toString(), headers, [secret]);
    await once(body.toString(), headers, [secret]);
  },
  "a body that was parsed": ({ sign, verify }) => verify(JSON.parse(body), sign(body, now(), secret), [secret]),
};

async function outcome(act, peer) {
  try {
    await act(peer);
    return "accepts";
  } catch (error) {
    return `refuses: \`${error.code ?? error.type ?? error.name}\``;
  }
}

const rows = [];
for (const [name, act] of Object.entries(cases)) {
  const cells = [];
  for (const peer of Object.values(peers)) cells.push(peer.takes?.[needs[name]] ?? (await outcome(act, peer)));
  rows.push(`| ${name} | ${cells.join(" | ")} |`);
}
const names = Object.keys(peers);
const table = [`| | ${names.join(" | ")} |`, `|---|${names.map(() => "---|").join("")}`, ...rows].join("\n");
const path = fileURLToPath(new URL("../../docs/COMPARE.md", import.meta.url));
const marks = /(<!-- written by compare\.mjs -->\n)[^]*?(\n<!-- end -->)/;
if (process.argv.includes("--write")) writeFileSync(path, readFileSync(path, "utf8").replace(marks, `$1${table}$2`));
else if (process.argv.includes("--check")) {
  if (!readFileSync(path, "utf8").includes(table)) throw new Error(`docs/COMPARE.md does not say what was found:\n${table}`);
} else console.log(table);
