// Verifying, and verifying with parsing and one renamed member, side by side with the peers. Prints JSON.
import { hand, verifying, webhooks } from "./contestants.mjs";
import { SIZES, body, delivery, secret } from "./deliveries.mjs";
import { rounds } from "./rounds.mjs";

// The package as it is installed, by its file: the peers are beside this one.
const { createReceiver } = await import(process.env.MAMBO_ENTRY);
const quick = process.argv.includes("--quick");
const onlyVerify = process.argv.includes("--verify");
const seconds = Math.floor(Date.now() / 1000);

const registry = {
  format: 1,
  versions: ["8.0.3", "8.10.2"],
  events: { ActivityCreated: { model: "Activity" } },
  models: { Activity: {} },
  changes: [
    {
      id: "verb-to-action",
      since: "8.10.2",
      on: { model: "Activity" },
      summary: "verb is called action",
      lossy: "none",
      ops: [{ op: "rename", at: "/attrs/verb", to: "action" }],
    },
  ],
};
const upgrading = createReceiver({ secret, registry, targetVersion: "8.10.2" });
// In Bun and Deno stripe has no other way.
const verify = await verifying(createReceiver, seconds, "Bun" in globalThis || "Deno" in globalThis);

const renamed = (event) => {
  const { verb, ...attrs } = event.data.attrs;
  return { ...event, data: { ...event.data, attrs: { ...attrs, action: verb } } };
};
const checked = (event) => {
  if (event.data.attrs.action !== "read") throw new Error("not upgraded");
};

const results = [];
for (const bytes of quick ? SIZES.slice(0, 3) : SIZES) {
  const given = delivery(body(bytes), seconds);
  const { headers } = given;
  const options = { count: quick ? 15 : 31, sliceMs: bytes > 100_000 ? 30 : 8 };
  results.push({ task: "verify", bytes, times: await rounds(verify(given), options) });
  if (onlyVerify) continue;
  const upgrade = {
    ours: () => checked(upgrading.receive({ headers, body: given.bytes }).event),
    stripe: () => checked(renamed(webhooks.constructEvent(given.bytes, given.signature, secret, 300))),
    "node:crypto by hand": () => {
      hand(given);
      checked(renamed(JSON.parse(given.bytes.toString())));
    },
  };
  results.push({ task: "upgrade", bytes, times: await rounds(upgrade, options) });
}
console.log(JSON.stringify(results));
