// Links in the pages lead somewhere, their JSON is what the library takes, their JavaScript runs, and their commands are
// commands.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createServer } from "node:http";
import { test } from "node:test";
import { createRequire } from "node:module";
import { createReceiver } from "mambo-webhooks";
import { nodeHandler } from "mambo-webhooks/node";

const repository = process.env.MAMBO_REPOSITORY;
const docs = readdirSync(join(repository, "docs"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
const secret = "correct horse battery staple";
const { transform } = createRequire(join(repository, "js/package.json"))("esbuild");
const blocks = (text, language) => [...text.matchAll(new RegExp("```" + language + "\\n([^]*?)```", "g"))].map(([, code]) => code);

const pages = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "pkg/README.md",
  "tests/vectors/README.md",
  "examples/README.md",
  "examples/debugger/README.md",
  ...docs,
];

/** What a heading is called in a link, as GitHub does it. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .trim()
    .replaceAll(" ", "-");

for (const page of pages) {
  const text = readFileSync(join(repository, page), "utf8");
  test(`links of ${page}`, () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map(([, link]) => link).filter((link) => !link.includes(":"));
    const dead = links.filter((link) => {
      const [path, part] = link.split("#");
      const target = path === "" ? join(repository, page) : join(repository, dirname(page), path);
      if (!existsSync(target)) return true;
      return (
        part !== undefined &&
        !readFileSync(target, "utf8")
          .split("\n")
          .some((line) => line.startsWith("#") && anchor(line.replace(/^#+/, "")) === part)
      );
    });
    assert.deepEqual(dead, []);
  });
  for (const [index, code] of blocks(text, "json").entries()) {
    test(`JSON ${index + 1} of ${page}`, () => {
      const document = JSON.parse(code);
      createReceiver("format" in document ? { secret, registry: document } : { secret, profile: document });
    });
  }
}

/** What a program exports is called with a delivery, as its host would call it. */
const calling = (name) => `
  import { sampleDelivery } from "mambo-webhooks/testing";
  import * as program from "./${name}";
  const { headers, body } = sampleDelivery("Ping", { secret: process.env.MAMBO_SECRET });
  const request = () => new Request("https://example.com/webhooks", { method: "POST", headers, body });
  const answers = [
    await program.POST?.(request()),
    await program.default?.fetch(request(), { MAMBO_SECRET: process.env.MAMBO_SECRET }),
    await program.handler?.({ headers, body }),
  ];
  await program.consume?.();
  for (const answer of answers.filter((answer) => answer !== undefined)) {
    if ((answer.status ?? answer.statusCode) !== 204) throw new Error(JSON.stringify(answer));
  }`;

// What the programs use beside the package.
if (!existsSync("node_modules/express")) symlinkSync(join(repository, "js/node_modules/express"), "node_modules/express");

// That the TypeScript of the READMEs is right under `strict` is for the suite of types.
for (const page of pages) {
  const text = readFileSync(join(repository, page), "utf8");
  for (const [index, code] of [...blocks(text, "js"), ...blocks(text, "ts")].entries()) {
    test(`program ${index + 1} of ${page} runs`, async () => {
      const name = `fence-${page.replaceAll("/", "-")}-${index}.mjs`;
      const { code: javascript } = await transform(code, { loader: "ts", format: "esm" });
      // A server would not end by itself, so it is not waited for; one that a program posts to runs here.
      const server = createServer(nodeHandler(createReceiver({ secret }).onAny(() => {})));
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${server.address().port}/`;
      writeFileSync(name, javascript.replaceAll("listen(8080)", "listen(0).unref()").replaceAll("http://localhost:8080/", url));
      writeFileSync(`call-${name}`, calling(name));
      copyFileSync(join(repository, "examples/registry/payload-9.0.0.json"), "payload-9.0.0.json");
      const env = { ...process.env, MAMBO_SECRET: secret };
      const [status, stdout, stderr] = await new Promise((resolve) =>
        execFile(process.execPath, [`call-${name}`], { env }, (error, stdout, stderr) => resolve([error?.code ?? 0, stdout, stderr])),
      );
      server.close();
      assert.deepEqual([status, stderr], [0, ""]);
      if (code.includes("localhost:8080")) assert.equal(stdout, "204 \n");
    });
  }
}

test("the programs of the npm page are those of the README", () => {
  const [readme, npm] = ["README.md", "pkg/README.md"].map((page) => blocks(readFileSync(join(repository, page), "utf8"), "ts"));
  assert.deepEqual(npm, readme);
});

const usage = spawnSync("cargo", ["xtask"], { cwd: repository, encoding: "utf8" }).stderr;
const program = join(repository, "target/debug/mambo-webhooks");

/** The commands of a page that are this repository's: each word of a fence's lines, without remarks and redirections. */
function commands(text) {
  const lines = blocks(text, "sh").flatMap((code) => code.split("\n"));
  const inline = [...text.matchAll(/`((?:[A-Z_]+=\S+ )*(?:cargo xtask|mambo-webhooks) [^`]+)`/g)].map(([, command]) => command);
  return [...lines, ...inline]
    .map((line) =>
      line
        .replace(/ +#.*| [>|] .*/g, "")
        .replace(/^(?:[A-Z_]+=\S+ )+/, "")
        .trim(),
    )
    .filter((line) => /^(cargo|mambo-webhooks) /.test(line));
}

for (const page of pages) {
  for (const command of new Set(commands(readFileSync(join(repository, page), "utf8")))) {
    test(`command of ${page}: ${command}`, () => {
      const [tool, ...words] = command.split(/\s+/);
      if (tool === "mambo-webhooks") {
        // Help comes only once all the words before it are understood.
        const { status, stderr } = spawnSync(program, [...words.map((word) => (word === "FILE" ? "file" : word)), "--help"], {
          encoding: "utf8",
        });
        assert.equal(status, 0, stderr);
      } else if (words[0] === "xtask") {
        assert.ok(
          words.length === 1 || usage.split("\n").some((line) => line.startsWith(`cargo xtask ${words[1]} `)),
          `cargo xtask does not know ${words[1]}`,
        );
      } else if (words.includes("--example")) {
        assert.ok(existsSync(join(repository, "examples", `${words[words.indexOf("--example") + 1]}.rs`)));
      } else {
        assert.ok(
          ["add", "bench", "deny", "install", "mutants", "publish", "semver-checks", "test"].includes(words[0]),
          `cargo ${words[0]}`,
        );
      }
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
        const { type, event } = createReceiver({ ...settings, ...profile, clock: () => now }).receive({ headers, body });
        return [type, event.data];
      } catch (error) {
        return error.message;
      }
    };
    assert.deepEqual(outcome({ profile: code }), outcome({}));
  }
});

test("links of the packed pages lead to packed files", () => {
  const root = "node_modules/mambo-webhooks";
  const packed = [
    "README.md",
    "CHANGELOG.md",
    ...readdirSync(join(root, "docs"))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];
  const dead = packed.flatMap((page) => {
    const links = [...readFileSync(join(root, page), "utf8").matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, link]) => link);
    return links.filter((link) => !link.includes(":") && !existsSync(join(root, dirname(page), link))).map((link) => `${page}: ${link}`);
  });
  assert.deepEqual(dead, []);
});
