// The README's own code in an empty folder, with the package as it would be published, and the first mistakes that people
// make with it.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { examples, folder, repository, secret, senderTo, start, until } from "./world.mjs";

const esbuild = createRequire(join(repository, "js/package.json"))("esbuild");
const readme = readFileSync(join(repository, "README.md"), "utf8");
const fences = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code);
const [first] = fences;
const worker = fences.find((code) => code.includes("export default"));
const lines = (code) =>
  code
    .trim()
    .split("\n")
    .filter((line) => line !== "").length;

/** A new folder with the package in it. */
function project(code) {
  const made = mkdtempSync(join(folder, "newcomer-"));
  mkdirSync(join(made, "node_modules"));
  cpSync(join(examples, "node_modules/mambo-webhooks"), join(made, "node_modules/mambo-webhooks"), { recursive: true });
  symlinkSync(join(examples, "node_modules/express"), join(made, "node_modules/express"));
  writeFileSync(join(made, "package.json"), '{"type":"module"}');
  writeFileSync(join(made, "receiver.js"), esbuild.transformSync(code, { loader: "ts", format: "esm" }).code);
  return join(made, "receiver.js");
}

/** On a free port, which it says. */
const listening = (code) =>
  code.replace(
    /(createServer\([^]*\))\.listen\(8080\);/,
    'const server = $1.listen(0, "127.0.0.1", () => console.error(`listening on ${server.address().port}`));',
  );
const run = (code, env) => start(process.execPath, [project(listening(code))], env);

test("the first screen of the README receives, in under ten lines", async () => {
  assert.ok(lines(first) < 10, `${lines(first)} lines`);
  const { port, lines: printed } = await run(first);
  const sender = await senderTo(`http://127.0.0.1:${port}/`);
  assert.equal(sender.ping, 204);
  assert.equal(await sender.deliver("ActivityAwardedAdded", { uuid: "ann" }), 204);
  assert.equal(await sender.deliver("SomethingNew", {}), 204);
  await until(() => printed.length === 2);
  assert.deepEqual(printed, ["congratulations, ann", "new here: SomethingNew"]);
});

test("first mistake: another secret", async () => {
  const { port, errors } = await run(first, { MAMBO_SECRET: "not the secret of the webhook" });
  const sender = await senderTo(`http://127.0.0.1:${port}/`);
  assert.equal(sender.ping, 401);
  await until(() => errors.join("\n").includes("signature_mismatch"));
  assert.match(errors.join("\n"), /none of 1 signatures matches any of 1 keys/);
});

test("first mistake: no secret", async () => {
  await assert.rejects(run(first, { MAMBO_SECRET: "" }), /secret of key `default` is empty/);
});

test("first mistake: a JSON parser in front", async () => {
  const { port, errors } = await run(`
    import express from "express";
    import { createReceiver } from "mambo-webhooks";
    import { expressHandler } from "mambo-webhooks/express";
    const receiver = createReceiver({ secret: process.env.MAMBO_SECRET }).onAny(() => {});
    const app = express().use(express.json()).post("/", expressHandler(receiver, { onError: console.error }));
    const server = app.listen(0, "127.0.0.1", () => console.error("listening on " + server.address().port));`);
  const sender = await senderTo(`http://127.0.0.1:${port}/`);
  assert.equal(sender.ping, 500);
  await until(() => errors.join("\n").includes("body_parsed"));
  assert.match(errors.join("\n"), /body is .*, not the received bytes: read the raw body before any JSON middleware/);
});

test("a Worker, from the README, without a compatibility flag", async () => {
  const { Miniflare } = createRequire(join(repository, "tests/runtimes/package.json"))("miniflare");
  const entry = project(worker);
  const out = join(entry, "../bundled");
  const options = { outdir: out, bundle: true, format: "esm", conditions: ["workerd", "worker", "browser"], loader: { ".wasm": "copy" } };
  await esbuild.build({ entryPoints: [entry], ...options, logLevel: "error" });
  // The worker itself comes first.
  const paths = readdirSync(out)
    .map((name) => join(out, name))
    .sort((path) => (path.endsWith(".wasm") ? 1 : -1));
  const miniflare = new Miniflare({
    modules: paths.map((path) => ({ type: path.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path, contents: readFileSync(path) })),
    modulesRoot: out,
    compatibilityDate: "2025-05-05",
    cf: false,
    host: "127.0.0.1",
    bindings: { MAMBO_SECRET: secret },
    handleRuntimeStdio() {},
  });
  try {
    const { port } = await miniflare.ready;
    const sender = await senderTo(`http://127.0.0.1:${port}/webhooks`);
    assert.equal(sender.ping, 204);
    assert.equal((await fetch(`http://127.0.0.1:${port}/webhooks`, { method: "POST", body: "{}" })).status, 401);
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
  } finally {
    await miniflare.dispose();
  }
});
