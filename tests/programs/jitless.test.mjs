// A Node without a compiler, `--jitless`, has no WebAssembly: the import says so at once; adapters and slim can be imported.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** How a Node without a compiler ends that runs this. */
function jitless(code) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--jitless", "-e", code], { cwd: import.meta.dirname, encoding: "utf8" });
  return { status, stdout, error: /^\w*Error: .*$/m.exec(stderr)?.[0] };
}

for (const entry of ["mambo-webhooks", "mambo-webhooks/testing", "mambo-webhooks/tools"]) {
  test(`${entry} throws at import`, () => {
    assert.deepEqual(jitless(`require("${entry}")`), {
      status: 1,
      stdout: "",
      error: "WebhookError: the core cannot be used: this environment has no WebAssembly; see docs/TROUBLESHOOTING.md",
    });
  });
}

test("mambo-webhooks/slim throws when it is given the module", () => {
  const code = 'require("mambo-webhooks/slim").initSync(require("node:fs").readFileSync(require.resolve("mambo-webhooks/core.wasm")))';
  assert.deepEqual(jitless(code), {
    status: 1,
    stdout: "",
    error: "WebhookError: the core cannot be used: this environment has no WebAssembly; see docs/TROUBLESHOOTING.md",
  });
});

test("an adapter alone can be imported", () => {
  assert.deepEqual(jitless('console.log(typeof require("mambo-webhooks/node").nodeHandler)'), {
    status: 0,
    stdout: "function\n",
    error: undefined,
  });
});
