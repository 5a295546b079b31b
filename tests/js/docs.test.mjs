// Links in the pages lead somewhere, and their JSON is what the library takes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";

const repository = process.env.MAMBO_REPOSITORY;
const docs = readdirSync(join(repository, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
const secret = "correct horse battery staple";
const blocks = (text, language) => [...text.matchAll(new RegExp("```" + language + "\\n([^]*?)```", "g"))].map(([, code]) => code);

for (const page of ["README.md", "CHANGELOG.md", "pkg/README.md", "tests/vectors/README.md", ...docs]) {
  const text = readFileSync(join(repository, page), "utf8");
  test(`links of ${page}`, () => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link]) => link).filter((link) => !link.includes(":"));
    const dead = links.filter((link) => !existsSync(join(repository, dirname(page), link)));
    assert.deepEqual(dead, []);
  });
  for (const [index, code] of blocks(text, "json").entries()) {
    test(`JSON ${index + 1} of ${page}`, () => {
      const document = JSON.parse(code);
      createReceiver("format" in document ? { secret, registry: document } : { secret, profile: document });
    });
  }
}

for (const page of ["README.md", "pkg/README.md"]) {
  for (const [index, code] of blocks(readFileSync(join(repository, page), "utf8"), "js").entries()) {
    test(`JavaScript ${index + 1} of ${page} runs`, () => {
      const name = `fence-${page.replace("/", "-")}-${index}.mjs`;
      // A server would not end by itself, so it is not waited for.
      writeFileSync(name, code.replaceAll("listen(8080)", "listen(0).unref()"));
      copyFileSync(join(repository, "examples/registry/payload-9.0.0.json"), "payload-9.0.0.json");
      const { status, stderr } = spawnSync(process.execPath, [name], { encoding: "utf8", env: { ...process.env, MAMBO_SECRET: secret } });
      assert.deepEqual([status, stderr], [0, ""]);
    });
  }
}

test("the default profile in docs/PROTOCOL.md is the default", () => {
  const [code] = blocks(readFileSync(join(repository, "docs/PROTOCOL.md"), "utf8"), "json");
  const vectors = JSON.parse(readFileSync(join(repository, "tests/vectors/receive.json"), "utf8"));
  for (const { settings, headers, body, now, expect } of vectors.cases.filter(({ settings }) => !settings.profile)) {
    if (body === undefined || expect.fault === "config") continue;
    const outcome = (profile) => {
      try {
        const { kind, event } = createReceiver({ ...settings, ...profile, clock: () => now }).receive({ headers, body });
        return [kind, event.data];
      } catch (error) {
        return error.message;
      }
    };
    assert.deepEqual(outcome({ profile: code }), outcome({}));
  }
});
