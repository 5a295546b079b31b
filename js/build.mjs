// From the wasm-pack output in target/wasm-pack to the files of the package in pkg/dist.
// Each step is one function, with its reason. Run by `cargo xtask build`, which installs what this needs.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const js = dirname(fileURLToPath(import.meta.url));
const packed = join(js, "../target/wasm-pack");
const pkg = join(js, "../pkg");
const dist = join(pkg, "dist");

const run = (tool, args) => {
  const bin = join(js, "node_modules/.bin", tool);
  const { status, error } = spawnSync(bin, args, { cwd: js, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
};

/** Smaller and faster; the features are named because `--all-features` makes a module that Node 20 refuses. */
function optimise() {
  const features = ["bulk-memory", "mutable-globals", "nontrapping-float-to-int", "sign-ext", "reference-types",
    "multivalue", "simd"];
  run("wasm-opt", ["-O3", ...features.map((name) => `--enable-${name}`), "--strip-debug", "--strip-producers",
    "--strip-target-features", join(packed, "core_bg.wasm"), "-o", join(dist, "core_bg.wasm")]);
}

/** The generated glue stands; its generated loader is thrown away in favour of boot.ts. */
function glue() {
  copyFileSync(join(packed, "core_bg.js"), join(dist, "core_bg.js"));
  for (const name of ["core_bg", "core_bg.wasm", "core_bytes"]) copyFileSync(join(js, `${name}.d.ts`), join(dist, `${name}.d.ts`));
}

/** The bytes as text: no file beside the JavaScript that a bundler could leave behind. */
function inline() {
  const base64 = readFileSync(join(dist, "core_bg.wasm")).toString("base64");
  writeFileSync(join(dist, "core_bytes.js"), `const base64 = "${base64}";
export function coreBytes() {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}
`);
}

/** The adapters that are exported; accept and read are parts of them. */
const adapters = ["fetch", "node", "express", "fastify", "hono", "lambda"];

/** CommonJS for hosts that cannot require an ES module. */
async function commonjs() {
  await build({
    entryPoints: {
      index: join(dist, "entry/inline.js"),
      testing: join(dist, "entry/testing.js"),
      slim: join(dist, "entry/slim.js"),
      ...Object.fromEntries(adapters.map((name) => [`adapters/${name}`, join(dist, `adapters/${name}.js`)])),
    },
    outdir: dist,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    logLevel: "warning",
  });
  // The same declarations once more, for the resolution that takes a .d.ts beside ES modules as one of them.
  const declared = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith(".d.ts"));
  for (const name of declared) {
    const types = readFileSync(join(dist, name), "utf8");
    const common = types.replaceAll(/((?:from |import\()"\.{1,2}\/[\w./-]+)\.(?:js|ts)"/g, '$1.cjs"');
    writeFileSync(join(dist, name.replace(/\.ts$/, ".cts")), common);
  }
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
optimise();
glue();
inline();
run("tsc", ["-p", "tsconfig.json"]);
await commonjs();
for (const name of ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"]) copyFileSync(join(js, "..", name), join(pkg, name));
// The pages that types and error advice speak of.
cpSync(join(js, "../docs"), join(pkg, "docs"), { recursive: true });
