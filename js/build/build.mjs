// From wasm-pack's output in target/wasm-pack to the package's files in pkg/dist: one function a step. `cargo xtask build`
// runs this.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const js = join(root, "js");
const pkg = join(root, "pkg");
const dist = join(pkg, "dist");
const fromWasmPack = join(root, "target/wasm-pack");
/** JavaScript of the TypeScript in js/src, a file for a file. */
const compiled = join(root, "target/js");

const run = (tool, args) => {
  const { status, error } = spawnSync(join(js, "node_modules/.bin", tool), args, { cwd: js, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
};

/** The modules: what receivers run on, and what a person runs. */
const MODULES = ["core", "tools"];

/** Optimises the modules. Features are named because `--all-features` makes a module that Node 20 refuses. */
function optimise() {
  const features = ["bulk-memory", "mutable-globals", "nontrapping-float-to-int", "sign-ext", "reference-types", "multivalue", "simd"];
  const strip = ["--strip-debug", "--strip-producers", "--strip-target-features"];
  for (const name of MODULES) {
    const file = `${name}_bg.wasm`;
    const flags = ["-O3", ...features.map((feature) => `--enable-${feature}`), ...strip];
    run("wasm-opt", [...flags, join(fromWasmPack, name, file), "-o", join(dist, file)]);
  }
}

/** Compiles TypeScript beside the generated glue. The glue's generated loader is left out: js/src/loader.ts is in its place. */
function compile() {
  for (const name of MODULES) {
    const glue = readFileSync(join(fromWasmPack, name, `${name}_bg.js`), "utf8");
    writeFileSync(join(compiled, `${name}_bg.js`), `import "./needs.js";\n${glue}`);
  }
  for (const name of readdirSync(join(js, "src")).filter((name) => name.endsWith(".d.ts")))
    copyFileSync(join(js, "src", name), join(compiled, name));
  run("tsc", ["-p", "tsconfig.json"]);
  run("tsc", ["-p", "tsconfig.cli.json"]);
}

/** Puts the modules' bytes into JavaScript as base64: files that no bundler leaves behind. */
function inline() {
  for (const name of MODULES) {
    const base64 = readFileSync(join(dist, `${name}_bg.wasm`)).toString("base64");
    writeFileSync(join(dist, `${name}_bytes.js`), `export const base64 = "${base64}";\n`);
    writeFileSync(join(dist, `${name}_bytes.cjs`), `exports.base64 = "${base64}";\n`);
  }
}

/** Files of the package, and what they are made of. */
const entries = Object.fromEntries(
  ["workerd", "edge-light", "slim", "testing", "testing-workerd", "testing-edge-light", "tools", "tools-workerd", "tools-edge-light"].map(
    (name) => [name, join(compiled, "entry", `${name}.js`)],
  ),
);
entries.index = join(compiled, "entry/inline.js");
/** The executable, and its command that programs may call. Node alone runs them. */
const commands = Object.fromEntries(["main", "rehearse"].map((name) => [`cli/${name}`, join(compiled, "cli", `${name}.js`)]));
/** Adapters need no core. accept.ts and read.ts are parts of them. */
const adapters = Object.fromEntries(
  ["fetch", "node", "express", "fastify", "hono", "lambda"].map((name) => [`adapters/${name}`, join(compiled, "adapters", `${name}.js`)]),
);

/** Leaves the modules, and the files with their bytes, beside the entries. */
const beside = (extension) => ({
  name: "beside",
  setup: ({ onResolve }) => {
    onResolve({ filter: /_bytes\.js$/ }, ({ path }) => ({ path: path.replace("../", "./").replace(/js$/, extension), external: true }));
    onResolve({ filter: /_bg\.wasm/ }, ({ path }) => ({ path: path.replace("../", "./"), external: true }));
  },
});
const common = { outdir: dist, bundle: true, charset: "ascii", logLevel: "warning" };

/** Bundles ES modules. What entries have in common, the state of the core too, is in files that they share. */
async function modules() {
  const esm = { ...common, format: "esm", target: "es2022" };
  const shared = { splitting: true, chunkNames: "[name]-[hash]", external: ["node:*"], plugins: [beside("js")] };
  await build({ ...esm, ...shared, entryPoints: { ...entries, ...commands } });
  chmodSync(join(dist, "cli/main.js"), 0o755);
  await build({ ...esm, entryPoints: adapters });
}

/** Bundles CommonJS, for hosts that cannot require an ES module. */
async function commonjs() {
  const { index, testing, slim, tools } = entries;
  const cjs = { ...common, format: "cjs", platform: "node", target: "node20", outExtension: { ".js": ".cjs" } };
  await build({ ...cjs, entryPoints: { index, testing, slim, tools, ...adapters }, plugins: [beside("cjs")] });
}

/** The declarations that users' programs reach: those of the entries, and what these import. */
function reached(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const text = readFileSync(join(compiled, name), "utf8");
  for (const [, path] of text.matchAll(/(?:from |import\()"(\.{1,2}\/[\w./-]+)\.(?:js|ts)"/g))
    reached(join(dirname(name), `${path}.d.ts`), found);
  return found;
}

/** Copies the declarations, twice: some resolutions take a .d.ts beside ES modules as one of them. */
function types() {
  const found = new Set();
  for (const name of ["index", "entry/slim", "testing/index", "tools", ...Object.keys(adapters)]) reached(`${name}.d.ts`, found);
  for (const name of [...found, "core_bg.wasm.d.ts"]) {
    const text = readFileSync(join(compiled, name), "utf8");
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    writeFileSync(join(dist, name), text);
    writeFileSync(
      join(dist, name.replace(/\.ts$/, ".cts")),
      text.replaceAll(/((?:from |import\()"\.{1,2}\/[\w./-]+)\.(?:js|ts)"/g, '$1.cjs"'),
    );
  }
}

for (const folder of [dist, compiled]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
optimise();
compile();
inline();
await modules();
await commonjs();
types();
for (const name of ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"]) copyFileSync(join(root, name), join(pkg, name));
// The pages that types and error advice speak of. What they link to in the repository alone is not in the package.
cpSync(join(root, "docs"), join(pkg, "docs"), { recursive: true });
for (const name of readdirSync(join(pkg, "docs")).filter((name) => name.endsWith(".md"))) {
  const text = readFileSync(join(root, "docs", name), "utf8");
  writeFileSync(join(pkg, "docs", name), text.replaceAll(/\[([^\]]+)\]\(\.\.\/[^)]*\)/g, "$1 (in the repository)"));
}
