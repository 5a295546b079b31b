// Runs the suite on every runtime, on the installed package in the working folder: node run.mjs [all]
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { programOf } from "./browser.mjs";
import { record, version } from "./record.mjs";

const require = createRequire(join(process.env.MAMBO_REPOSITORY, "tests/runtimes/package.json"));
const binary = (name, path) => join(dirname(require.resolve(`${name}/package.json`)), path);
const packed = (name) => require(`${name}/package.json`).version;

const all = process.argv[2] === "all";
const nodes = [process.execPath, ...["node22", "node24", "node26"].map((name) => binary(name, "bin/node"))];
const deno = binary("@deno/linux-x64-glibc", "deno");
const bun = binary("@oven/bun-linux-x64", "bin/bun");
const row = (runtime, how, program, args, known = version(program)) => ({ runtime, version: known, how, program, args });
const script = (runtime, how, known, ...args) => row(runtime, how, process.execPath, args, known);
const browser = (runtime, name) => [
  script(runtime, "page under a policy", version(programOf(name)), "run-browser.mjs", name, "page"),
  script(runtime, "module worker under a policy", version(programOf(name)), "run-browser.mjs", name, "worker"),
];

record("runtimes", [
  ...nodes.flatMap((node) => [
    row("Node", "ES module", node, ["run-esm.mjs"]),
    row("Node", "CommonJS", node, ["run-cjs.cjs"]),
    row("Node", "slim", node, ["run-slim.mjs"]),
  ]),
  row("Deno", "ES module, no permissions", deno, ["run", "--no-prompt", "--node-modules-dir=manual", "run-esm.mjs"]),
  row("Bun", "ES module", bun, ["run-esm.mjs"]),
  row("Bun", "CommonJS", bun, ["run-cjs.cjs"]),
  script("Cloudflare workerd", "without a bundler", packed("workerd"), "run-workerd.mjs", "plain"),
  script("Cloudflare workerd", "bundled by esbuild", packed("workerd"), "run-workerd.mjs", "bundled"),
  script("Cloudflare workerd", "Hono, bundled by esbuild", packed("workerd"), "run-workerd.mjs", "hono"),
  script("Vercel edge-runtime VM", "no code generation", packed("@edge-runtime/vm"), "run-edge.mjs"),
  ...browser("Chromium", "chromium"),
  ...(all ? browser("Firefox", "firefox") : []),
]);
