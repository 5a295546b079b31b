// Vercel's edge runtime in its VM, which compiles no code: the host compiles the module, as its bundlers arrange.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const repository = process.env.MAMBO_REPOSITORY;
const { EdgeVM } = createRequire(join(repository, "tests/runtimes/package.json"))("@edge-runtime/vm");
const esbuild = createRequire(join(repository, "js/package.json"))("esbuild");

const module = (name) => new WebAssembly.Module(readFileSync(`node_modules/mambo-webhooks/dist/${name}_bg.wasm`));
const compiled = { core: module("core"), tools: module("tools") };
const modules = {
  name: "?module",
  setup(build) {
    build.onResolve({ filter: /_bg\.wasm\?module$/ }, ({ path }) => ({ path: /(\w+)_bg/.exec(path)[1], namespace: "host" }));
    build.onLoad({ filter: /.*/, namespace: "host" }, ({ path }) => ({ contents: `export default globalThis.compiled.${path};` }));
  },
};
const {
  outputFiles: [bundle],
} = await esbuild.build({
  entryPoints: ["edge.mjs"],
  bundle: true,
  write: false,
  format: "iife",
  conditions: ["edge-light"],
  plugins: [modules],
  logLevel: "error",
});
const vm = new EdgeVM({
  codeGeneration: { strings: false, wasm: false },
  extend: (context) => Object.assign(context, { compiled }),
});
vm.evaluate(bundle.text);
console.log(vm.evaluate("globalThis.found"));
