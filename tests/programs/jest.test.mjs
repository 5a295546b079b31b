// Jest, with `require` and `import`, in its environments: what works, how the others fail, and the setting that helps.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

const here = import.meta.dirname;
const root = mkdtempSync(join(here, "jest-"));
after(() => rmSync(root, { recursive: true }));

const edge = "@edge-runtime/jest-environment";
const dist = join(here, "node_modules/mambo-webhooks/dist");
const environments = {
  node: { testEnvironment: "node" },
  jsdom: { testEnvironment: "jsdom" },
  "jsdom-helped": { testEnvironment: "jsdom", setupFiles: ["<rootDir>/../text.cjs"] },
  edge: { testEnvironment: edge },
  "edge-helped": {
    testEnvironment: edge,
    moduleNameMapper: { "^mambo-webhooks$": `${dist}/index.cjs`, "^mambo-webhooks/testing$": `${dist}/testing.cjs` },
  },
};

// jsdom leaves out two classes that browsers have.
writeFileSync(
  join(root, "text.cjs"),
  'const { TextDecoder, TextEncoder } = require("node:util");\nObject.assign(globalThis, { TextDecoder, TextEncoder });\n',
);
const body = (load) => `
test("a signed delivery is received under jest", async () => {
  const { createReceiver } = await ${load}("mambo-webhooks");
  const { sampleDelivery } = await ${load}("mambo-webhooks/testing");
  const secret = "a secret for tests";
  const { headers, body } = sampleDelivery("Ping", { secret });
  const receiver = createReceiver({ secret });
  expect(receiver.receive({ headers, body }).type).toBe("Ping");
  expect(() => receiver.receive({ headers, body: body + " " })).toThrow("none of 1 signatures matches any of 1 keys");
});
`;
const projects = Object.entries(environments).map(([name, settings]) => {
  mkdirSync(join(root, name));
  writeFileSync(join(root, name, "require.test.cjs"), body("require"));
  writeFileSync(join(root, name, "import.test.mjs"), body("import"));
  return { displayName: name, rootDir: join(root, name), transform: {}, testMatch: ["**/*.test.?js"], ...settings };
});
writeFileSync(join(root, "jest.config.json"), JSON.stringify({ projects }));

const jest = join(here, "node_modules/jest/bin/jest.js");
const args = ["--experimental-vm-modules", jest, "--config", join(root, "jest.config.json"), "--runInBand", "--json", "--silent"];
const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
/** The first line of what went wrong, for each file; empty where nothing did. */
const problems = new Map(
  JSON.parse(stdout).testResults.map(({ name, assertionResults: [{ failureMessages }] }) => [
    name.slice(root.length + 1),
    // How Jest writes the path to a package depends on where it starts.
    (failureMessages[0] ?? "").split("\n")[0].replace(/[^ ']*\/node_modules\//, ""),
  ]),
);

const noClasses =
  "WebhookError: the core cannot be used: this environment has no TextDecoder and no TextEncoder; see docs/TROUBLESHOOTING.md";
const noCompanion = "Error: Cannot find module './core_bg.js' from 'mambo-webhooks/dist/core_bg.wasm'";
const noRequire = "Error: Must use import to load ES Module: mambo-webhooks/dist/edge-light.js";
const [major] = process.versions.node.split(".");

for (const [file, problem] of [
  ["node/require.test.cjs", ""],
  ["node/import.test.mjs", ""],
  ["jsdom/require.test.cjs", noClasses],
  ["jsdom/import.test.mjs", noClasses],
  ["jsdom-helped/require.test.cjs", ""],
  ["jsdom-helped/import.test.mjs", ""],
  // From Node 24.9 on, Jest can require an ES module.
  ["edge/require.test.cjs", Number(major) < 24 ? noRequire : noCompanion],
  ["edge/import.test.mjs", noCompanion],
  ["edge-helped/require.test.cjs", ""],
  ["edge-helped/import.test.mjs", ""],
]) {
  test(`${file}: ${problem || "works"}`, () => assert.equal(problems.get(file), problem));
}
