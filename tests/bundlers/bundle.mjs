// Bundles the suite as each bundler's users would: no plugin and no setting for WebAssembly anywhere.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const repository = process.env.MAMBO_REPOSITORY;
const of = (folder) => createRequire(join(repository, folder, "package.json"));
const bundler = of("tests/bundlers");
// Packages without a CommonJS entry are resolved from where they are installed.
const load = (name) => import(bundler.resolve(name));
const webpack = (library) => (target, input, output) =>
  new Promise((resolve, reject) => {
    const names = { path: output, filename: target === "node" ? "bundle.cjs" : "bundle.mjs" };
    const settings = {
      mode: "production",
      target: target === "node" ? "node" : "web",
      context: process.cwd(),
      entry: input,
      output: names,
      performance: false,
    };
    library(settings, (error, stats) =>
      error || stats.hasErrors() ? reject(error ?? new Error(stats.toString())) : resolve(names.filename),
    );
  });

/** Each bundles `input` into the folder `output` for a browser or for Node, and hands back the name of the bundle. */
export const bundlers = {
  async esbuild(target, input, output) {
    await of("js")("esbuild").build({
      entryPoints: [input],
      outfile: join(output, "bundle.mjs"),
      bundle: true,
      minify: true,
      platform: target,
      format: "esm",
      logLevel: "error",
    });
    return "bundle.mjs";
  },
  async rollup(target, input, output) {
    const [{ rollup }, { default: resolve }] = [await load("rollup"), await load("@rollup/plugin-node-resolve")];
    const build = await rollup({ input, plugins: [resolve({ browser: target === "browser" })] });
    await build.write({ file: join(output, "bundle.mjs"), format: "es" });
    return "bundle.mjs";
  },
  async rolldown(target, input, output) {
    const { rolldown } = await load("rolldown");
    const build = await rolldown({ input, platform: target });
    await build.write({ file: join(output, "bundle.mjs"), format: "es" });
    return "bundle.mjs";
  },
  async vite(target, input, output) {
    const { build } = await load("vite");
    const rollupOptions = { input, output: { entryFileNames: "bundle.mjs" } };
    await build({
      root: process.cwd(),
      logLevel: "error",
      configFile: false,
      ssr: { noExternal: true },
      build: { outDir: output, emptyOutDir: true, ssr: target === "node", rollupOptions },
    });
    return "bundle.mjs";
  },
  webpack: async (...given) => webpack(bundler("webpack"))(...given),
  rspack: async (...given) => webpack((await load("@rspack/core")).rspack)(...given),
  async bun(target, input, output) {
    const bun = join(of("tests/runtimes").resolve("@oven/bun-linux-x64/package.json"), "../bin/bun");
    const { status, stderr } = spawnSync(
      bun,
      ["build", input, `--target=${target}`, "--minify", `--outfile=${join(output, "bundle.mjs")}`],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(stderr);
    return "bundle.mjs";
  },
};

/** The version of a bundler. */
export function versionOf(name) {
  if (name === "esbuild") return of("js")("esbuild/package.json").version;
  if (name === "bun") return of("tests/runtimes")("@oven/bun-linux-x64/package.json").version;
  return bundler(`${name === "rspack" ? "@rspack/core" : name}/package.json`).version;
}
