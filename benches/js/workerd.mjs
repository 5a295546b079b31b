// Verifying in Cloudflare's workerd, side by side with the peers, timed from outside of it. Prints JSON.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SIZES } from "./deliveries.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const { Miniflare } = createRequire(join(here, "../../tests/runtimes/package.json"))("miniflare");
const { build } = createRequire(process.env.MAMBO_TOOLS)("esbuild");
const bundle = join(here, "../../target/bench/workerd");
const [ROUNDS, SLICE_MS] = [15, 60];

await build({
  entryPoints: { worker: join(here, "workerd-worker.mjs") },
  outdir: bundle,
  bundle: true,
  format: "esm",
  conditions: ["workerd", "worker", "browser"],
  alias: { "mambo-webhooks": join(dirname(process.env.MAMBO_ENTRY), "workerd.js") },
  external: ["node:*", "crypto", "events", "http", "https", "child_process", "util"],
  loader: { ".wasm": "copy" },
  logLevel: "error",
});
const module = (name) => ({
  type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule",
  path: join(bundle, name),
  contents: readFileSync(join(bundle, name)),
});
const modules = [
  module("worker.js"),
  ...readdirSync(bundle)
    .filter((name) => name.endsWith(".wasm"))
    .map(module),
];
const miniflare = new Miniflare({
  modules,
  modulesRoot: bundle,
  compatibilityDate: "2025-05-01",
  compatibilityFlags: ["nodejs_compat"],
  cf: false,
});

const seconds = Math.floor(Date.now() / 1000);
async function ask(bytes, name, calls) {
  const start = performance.now();
  const answer = await miniflare.dispatchFetch(`http://localhost/?${new URLSearchParams({ bytes, name, calls, seconds })}`);
  if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`);
  const found = await answer.json();
  return { found, ms: performance.now() - start };
}

/** How long so many calls take, without what a request costs by itself. */
async function taken(bytes, name, calls) {
  const idle = await ask(bytes, name, 0);
  return Math.max(0.001, (await ask(bytes, name, calls)).ms - idle.ms);
}

const results = [];
try {
  for (const bytes of SIZES) {
    const { found: names } = await ask(bytes, "", 0);
    const calls = {};
    for (const name of names) {
      await ask(bytes, name, 50);
      calls[name] = 1;
      while ((await taken(bytes, name, calls[name])) < SLICE_MS / 2) calls[name] *= 2;
    }
    const times = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let turn = 0; turn < names.length; turn += 1) {
        const name = names[(turn + round) % names.length];
        times[name].push(((await taken(bytes, name, calls[name])) * 1e6) / calls[name]);
      }
    }
    results.push({ task: "verify", bytes, times });
  }
} finally {
  await miniflare.dispose();
}
console.log(JSON.stringify(results));
