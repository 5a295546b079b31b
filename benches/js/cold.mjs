// How long a fresh process takes from the import to the first verified delivery, and how large each package is when it
// is bundled. Prints JSON.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { delivery, secret } from "./deliveries.mjs";
import { size } from "./size.mjs";

const entry = process.env.MAMBO_ENTRY;
const packages = {
  ours: entry,
  stripe: "stripe",
  standardwebhooks: "standardwebhooks",
  svix: "svix",
  "@octokit/webhooks-methods": "@octokit/webhooks-methods",
  "an empty module": fileURLToPath(new URL("./empty.mjs", import.meta.url)),
};

const seconds = Math.floor(Date.now() / 1000);
const given = delivery('{"message":"ping"}', seconds);
const base64 = Buffer.from(secret).toString("base64");
const first = {
  ours: `m.createReceiver({ secret: given.secret }).verify({ headers: given.headers, body: given.text })`,
  stripe: `m.default.webhooks.signature.verifyHeader(given.text, given.signature, given.secret, 300)`,
  standardwebhooks: `new m.Webhook(given.base64).verify(given.text, given.standard)`,
  svix: `new m.Webhook(given.base64).verify(given.text, given.standard)`,
  "@octokit/webhooks-methods": `await m.verify(given.secret, given.text, given.octokit)`,
  "an empty module": `m.verify()`,
};

const results = {};
for (let round = 0; round < 15; round += 1) {
  for (const [name, specifier] of Object.entries(packages)) {
    const script = `const given = ${JSON.stringify({ ...given, bytes: undefined, secret, base64 })};
      const start = performance.now();
      const m = await import(${JSON.stringify(specifier)});
      ${first[name]};
      console.log(performance.now() - start);`;
    const folder = fileURLToPath(new URL(".", import.meta.url));
    const { stdout, status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
    (results[name] ??= { times: [] }).times.push(Number(stdout) * 1e6);
  }
}
for (const [name, specifier] of Object.entries(packages)) results[name].size = await size(specifier);
console.log(JSON.stringify(results));
