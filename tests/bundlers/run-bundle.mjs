// Bundles, moves the bundle to where there is nothing else, and runs it: node run-bundle.mjs BUNDLER browser|node
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { report } from "./browser.mjs";
import { bundlers } from "./bundle.mjs";

const [name, target] = process.argv.slice(2);
const output = join(process.cwd(), "bundled", `${name}-${target}`);
mkdirSync(output, { recursive: true });
const bundle = await bundlers[name](target, join(process.cwd(), `${target}-entry.mjs`), output);
const elsewhere = mkdtempSync(join(tmpdir(), "mambo-bundle-"));
try {
  cpSync(output, elsewhere, { recursive: true });
  if (readdirSync(elsewhere).some((file) => file.endsWith(".wasm"))) throw new Error("a .wasm file beside the bundle");
  if (target === "node") {
    const { stdout, stderr } = spawnSync(process.execPath, [bundle], { cwd: elsewhere, encoding: "utf8" });
    console.log(stdout.trim() || stderr);
  } else {
    writeFileSync(join(elsewhere, "index.html"), `<!doctype html><title>bundle</title><script type="module" src="/${bundle}"></script>`);
    console.log(await report("chromium", elsewhere, "index.html"));
  }
} finally {
  rmSync(elsewhere, { recursive: true });
}
