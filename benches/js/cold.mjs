// How long a fresh process takes from the import to the first verified delivery, and how large each package is when it
// is bundled. Prints JSON.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { delivery, secret } from "./deliveries.mjs";
import { size } from "./size.mjs";

const entry = process.env.MAMBO_ENTRY;
const packages = {
  ours: entry,
  "ours, and its event": entry,
  stripe: "stripe",
  standardwebhooks: "standardwebhooks",
  svix: "svix",
  "@octokit/webhooks-methods": "@octokit/webhooks-methods",
  "an empty module": fileURLToPath(new URL("./empty.mjs", import.meta.url)),
};

const seconds = Math.floor(Date.now() / 1000);
const { bytes, ...given } = delivery('{"message":"ping"}', seconds);
const base64 = Buffer.from(secret).toString("base64");
const script = fileURLToPath(new URL("./cold-one.mjs", import.meta.url));

const results = {};
for (let round = 0; round < 25; round += 1) {
  for (const [name, specifier] of Object.entries(packages)) {
    const env = { ...process.env, MAMBO_COLD: JSON.stringify({ name, specifier, given: { ...given, secret, base64 } }) };
    const { stdout, status, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8", env });
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
    const { imported, verified } = JSON.parse(stdout);
    const found = (results[name] ??= { times: [], imports: [] });
    found.times.push(verified);
    found.imports.push(imported);
  }
}
for (const [name, specifier] of Object.entries(packages)) results[name].size = await size(specifier);
console.log(JSON.stringify(results));
