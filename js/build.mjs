// From the wasm-pack output in target/wasm-pack to the files of the package in pkg/dist.
// Each step is one function, with its reason. Run by `cargo xtask build`, which installs what this needs.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const js = dirname(fileURLToPath(import.meta.url));
const packages = join(js, "../target/wasm-pack");
const pkg = join(js, "../pkg");
const dist = join(pkg, "dist");
const compiled = join(js, "../target/js");

/** The modules: what receives, and what a person runs by hand. */
const modules = ["core", "tools"];

const run = (tool, args) => {
  const bin = join(js, "node_modules/.bin", tool);
  const { status, error } = spawnSync(bin, args, { cwd: js, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
};

/**
 * Smaller and faster; functions stay apart, since a runtime compiles one when it is first called, and all that is inside of it;
 * the features are named because `--all-features` makes a module that Node 20 refuses.
 */
function optimise(name) {
  const features = ["bulk-memory", "mutable-globals", "nontrapping-float-to-int", "sign-ext", "reference-types",
    "multivalue", "simd"];
  run("wasm-opt", ["--one-caller-inline-max-function-size", "400", "-Oz", ...features.map((feature) => `--enable-${feature}`), "--strip-debug", "--strip-producers",
    "--strip-target-features", join(packages, `${name}_bg.wasm`), "-o", join(name === "core" ? dist : compiled, `${name}_bg.wasm`)]);
}

/** The generated glue stands; its generated loader is thrown away in favour of boot.ts. */
function glue() {
  for (const name of modules) copyFileSync(join(packages, `${name}_bg.js`), join(compiled, `${name}_bg.js`));
  for (const name of ["core_bg", "core_bg.wasm", "core_bytes", "tools_bg", "tools_bytes", "unpacker"]) copyFileSync(join(js, `${name}.d.ts`), join(compiled, `${name}.d.ts`));
}

/** The bytes as text: no file beside the JavaScript that a bundler could leave behind. */
async function inline() {
  const { pack, tables } = await import(join(compiled, "build/pack.js"));
  const { split } = await import(join(compiled, "build/split.js"));
  const { ran } = await import(join(compiled, "build/watch.js"));
  const core = readFileSync(join(dist, "core_bg.wasm"));
  const [coreBytes, coreRest] = split(core, await ran(core)).map((bytes) => Buffer.from(bytes));
  const toolsBytes = readFileSync(join(compiled, "tools_bg.wasm"));
  const table = tables([coreRest]);
  const write = (file, values) =>
    writeFileSync(join(compiled, file), Object.entries(values).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`).join(""));
  write("unpacker.js", { unpacker: unpacker(table, Math.max(coreRest.length, toolsBytes.length)).toString("hex") });
  const { unpack } = await import(join(compiled, "packing.js"));
  const packed = (bytes) => {
    const text = pack(bytes, table);
    if (bytes.compare(unpack(text)) !== 0) throw new Error("what was packed is not what is unpacked");
    return text;
  };
  if (![coreBytes, coreRest].every((bytes) => WebAssembly.validate(bytes))) throw new Error("a part is no module");
  write("core_bytes.js", { coreBytes: coreBytes.toString("hex"), coreRest: packed(coreRest) });
  write("tools_bytes.js", { toolsBytes: packed(toolsBytes) });
}

/** js/unpack.wat with its tables and room for the largest module, as a module. */
function unpacker(table, most) {
  // The module, and in front of it its text, which is at most twice as long.
  const pages = Math.ceil(most * 3 / 65_536) + 1;
  const escaped = Array.from(table, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  const [source, module] = ["unpack.wat", "unpack.wasm"].map((name) => join(packages, name));
  writeFileSync(source, readFileSync(join(js, "unpack.wat"), "utf8").replace("TABLES", escaped).replace("PAGES", pages));
  const features = ["--enable-bulk-memory", "--enable-bulk-memory-opt"];
  run("wasm-as", [...features, source, "-o", module]);
  run("wasm-opt", ["-O4", ...features, module, "-o", module]);
  return readFileSync(module);
}

/** The adapters that are exported; accept and read are parts of them. */
const adapters = ["fetch", "node", "express", "fastify", "hono", "lambda"];

/** Modules that stand in the entry which imports them; all others are in the file that entries share. */
const apart = /^(index|changelog|detect|tools|tools_bg|packing|hex|unpacker|\w+_bytes)\.js$|_bg\.wasm/;

/** Makes an import of a shared module one of the shared file. */
const sharing = {
  name: "sharing",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) => {
      const found = relative(compiled, join(resolveDir, path));
      const isShared = found === join("entry", "shared.js") || (!found.includes("/") && !apart.test(found));
      return kind === "import-statement" && isShared ? { path: "./shared.js", external: true } : undefined;
    }),
};

/**
 * Few files, which load fast. The default entry and its test kit are one each; the others, which bundlers and platforms take
 * in beforehand, share another. Entries that stand on another one import it as it stands. The adapters need no core.
 */
async function scripts() {
  const common = {
    outdir: dist, outbase: compiled, bundle: true, format: "esm", target: "es2022", minifySyntax: true, minifyWhitespace: true,
    charset: "ascii", logLevel: "warning",
  };
  const names = readdirSync(join(compiled, "entry")).filter((name) => name.endsWith(".js"));
  // What tests look into of the tools has to be the same as what is exported.
  const together = ["internal.js", "tools.js"];
  const alone = ["shared.js", "inline.js", "testing.js"];
  const external = ["*.wasm", "*.wasm?module", "./workerd.js", "./edge-light.js"];
  for (const some of [together, ...names.filter((name) => !together.includes(name)).map((name) => [name])]) {
    await build({
      ...common,
      entryPoints: some.map((name) => join(compiled, "entry", name)),
      plugins: alone.includes(some[0]) ? [] : [sharing],
      splitting: some.length > 1,
      chunkNames: "entry/[name]-[hash]",
      external,
    });
  }
  await build({ ...common, entryPoints: adapters.map((name) => join(compiled, `adapters/${name}.js`)) });
}

/** CommonJS for hosts that cannot require an ES module. */
async function commonjs() {
  const names = { index: "entry/inline", testing: "entry/testing", slim: "entry/slim", tools: "entry/tools" };
  for (const name of adapters) names[`adapters/${name}`] = `adapters/${name}`;
  await build({
    entryPoints: Object.fromEntries(Object.entries(names).map(([name, from]) => [name, join(compiled, `${from}.js`)])),
    outdir: dist,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    charset: "ascii",
    logLevel: "warning",
  });
}

/** The declarations, but for what only runs here; and the same once more for the resolution that takes a .d.ts beside ES modules as one of them. */
function types() {
  for (const name of readdirSync(compiled, { recursive: true }).filter((name) => name.endsWith(".d.ts") && !name.startsWith("build"))) {
    const text = readFileSync(join(compiled, name), "utf8");
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    writeFileSync(join(dist, name), text);
    const common = text.replaceAll(/((?:from |import\()"\.{1,2}\/[\w./-]+)\.(?:js|ts)"/g, '$1.cjs"');
    writeFileSync(join(dist, name.replace(/\.ts$/, ".cts")), common);
  }
}

for (const folder of [dist, compiled]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
modules.forEach(optimise);
glue();
run("tsc", ["-p", "tsconfig.json"]);
await inline();
await scripts();
await commonjs();
types();
for (const name of ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"]) copyFileSync(join(js, "..", name), join(pkg, name));
// The pages that types and error advice speak of.
cpSync(join(js, "../docs"), join(pkg, "docs"), { recursive: true });
