// Runs the suite through every bundler, in Chromium and in Node, and in Next's routes.
import { createRequire } from "node:module";
import { join } from "node:path";
import { bundlers, versionOf } from "./bundle.mjs";
import { record } from "./record.mjs";

const { version } = createRequire(join(process.env.MAMBO_REPOSITORY, "tests/bundlers/package.json"))("next/package.json");
const row = (runtime, known, how, ...args) => ({ runtime, version: known, how, program: process.execPath, args });
const targets = [
  ["node", "bundle in Node"],
  ["browser", "bundle in Chromium"],
];

record("bundlers", [
  ...Object.keys(bundlers).flatMap((name) =>
    targets.map(([target, how]) => row(name, versionOf(name), how, "run-bundle.mjs", name, target)),
  ),
  row("vite", versionOf("vite"), "development server", "run-vite-dev.mjs"),
  ...["node", "edge", "api/edge"].map((route) => row("Next", version, `/${route}, turbopack`, "run-next.mjs", "turbopack", route)),
  ...["node", "api/edge"].map((route) => row("Next", version, `/${route}, webpack`, "run-next.mjs", "webpack", route)),
]);
