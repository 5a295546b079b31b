// Runs the suite on every runtime, on the installed package in the working folder, and prints one TAP line for each.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const repository = process.env.MAMBO_REPOSITORY;
const require = createRequire(join(repository, "tests/runtimes/package.json"));
const folder = (name) => dirname(require.resolve(`${name}/package.json`));
const binary = (name, path) => join(folder(name), path);

const deno = binary("@deno/linux-x64-glibc", "deno");
const bun = binary("@oven/bun-linux-x64", "bin/bun");
const workerd = JSON.parse(JSON.stringify(require("workerd/package.json"))).version;
const nodes = [["Node", process.execPath], ...["node22", "node24", "node26"].map((name) => ["Node", binary(name, "bin/node")])];

const rows = [
  ...nodes.flatMap(([name, node]) => [
    [name, "ES module", node, ["run-esm.mjs"]],
    [name, "CommonJS", node, ["run-cjs.cjs"]],
    [name, "slim", node, ["run-slim.mjs"]],
  ]),
  ["Deno, no permissions", "ES module", deno, ["run", "--no-prompt", "--node-modules-dir=manual", "run-esm.mjs"]],
  ["Bun", "ES module", bun, ["run-esm.mjs"]],
  ["Bun", "CommonJS", bun, ["run-cjs.cjs"]],
  ["workerd", "without a bundler", process.execPath, ["run-workerd.mjs", "plain"], workerd],
  ["workerd", "bundled by esbuild", process.execPath, ["run-workerd.mjs", "bundled"], workerd],
];

/** The version of a runtime, as it says itself. */
function version(program) {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return stdout.match(/\d+\.\d+\.\d+/)?.[0] ?? "unknown";
}

let failures = 0;
const lines = [];
for (const [name, how, program, args, given] of rows) {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: "utf8", timeout: 60_000 });
  let found;
  try {
    found = JSON.parse(stdout.trim().split("\n").at(-1));
  } catch {
    found = { passed: 0, failed: [`no answer, ended with ${status}: ${stdout}${stderr}`] };
  }
  const ok = found.failed.length === 0 && found.passed > 100;
  failures += ok ? 0 : 1;
  const title = `${name} ${given ?? version(program)}, ${how}`;
  lines.push([name, given ?? version(program), how, found.passed]);
  console.log(`${ok ? "ok" : "not ok"} ${lines.length} - ${title}: ${found.passed} answers`);
  for (const problem of found.failed.slice(0, 5)) console.log(`  # ${problem}`);
}
console.log(`# pass ${rows.length - failures}\n# fail ${failures}`);
process.exitCode = failures === 0 ? 0 : 1;
