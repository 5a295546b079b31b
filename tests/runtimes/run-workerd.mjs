// Cloudflare's runtime through miniflare: as modules without a bundler, and bundled by esbuild, alone and below Hono.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [how] = process.argv.slice(2);
const repository = process.env.MAMBO_REPOSITORY;
const { Miniflare } = createRequire(join(repository, "tests/runtimes/package.json"))("miniflare");
const esbuild = createRequire(join(repository, "js/package.json"))("esbuild");
const scratch = process.cwd();

const read = (path, type) => ({ type, path: join(scratch, path), contents: readFileSync(join(scratch, path)) });

/** The worker and the package's files as they are; only bare names are made paths, as any import map would. */
function unbundled() {
  const dist = "node_modules/mambo-webhooks/dist";
  const files = readdirSync(join(scratch, dist), { recursive: true }).filter((name) => name.endsWith(".js"));
  // What the two entries import, and nothing else: workerd looks for the imports of each module that it is given.
  const skipped = /^(index|slim|testing|tools)\.js$|edge-light|testing-|_bytes|adapters|^cli/;
  const paths = { "mambo-webhooks": "workerd.js", "mambo-webhooks/tools": "tools-workerd.js" };
  const named = (text) => text.replaceAll(/"(mambo-webhooks[\w/]*)"/g, (_, name) => `"./${dist}/${paths[name]}"`);
  const worker = named(readFileSync(join(scratch, "worker.mjs"), "utf8"));
  return [
    { type: "ESModule", path: join(scratch, "worker.mjs"), contents: worker },
    read("suite.mjs", "ESModule"),
    read("vectors.mjs", "ESModule"),
    read(`${dist}/core_bg.wasm`, "CompiledWasm"),
    read(`${dist}/tools_bg.wasm`, "CompiledWasm"),
    ...files.filter((name) => !skipped.test(name)).map((name) => read(`${dist}/${name}`, "ESModule")),
  ];
}

/** What wrangler does: the conditions of workerd, and .wasm files as modules beside the bundle. */
async function bundled(entry) {
  await esbuild.build({
    absWorkingDir: scratch,
    entryPoints: { worker: entry },
    outdir: "bundled",
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
    nodePaths: [join(repository, "js/node_modules")],
    logLevel: "error",
  });
  const names = readdirSync(join(scratch, "bundled"));
  const files = names.map((name) => read(`bundled/${name}`, name.endsWith(".wasm") ? "CompiledWasm" : "ESModule"));
  return files.sort((left, right) => left.type.localeCompare(right.type) || 0).reverse();
}

const modules = how === "plain" ? unbundled() : await bundled(how === "hono" ? "hono.mjs" : "worker.mjs");
const miniflare = new Miniflare({ modules, modulesRoot: scratch, compatibilityDate: "2025-05-01", cf: false });
try {
  const answer = await miniflare.dispatchFetch("http://localhost/");
  console.log(await answer.text());
} finally {
  await miniflare.dispose();
}
