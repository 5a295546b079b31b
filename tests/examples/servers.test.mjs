// Every server that there is an example for takes what the sender sends, refuses what it did not, and says why.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { examples, folder, node, repository, secret, senderTo, start, until } from "./world.mjs";

const runtimes = join(repository, "tests/runtimes/node_modules");
const seen = (data) => JSON.stringify({ type: "ActivityCreated", data });

/** What every one of them has to do. `lines` is what it printed. */
async function tried(url, lines, errors) {
  const sender = await senderTo(url);
  assert.equal(sender.ping, 204);
  assert.equal(await sender.deliver("ActivityCreated", { uuid: "user-1" }), 204);
  const forged = await fetch(url, { method: "POST", body: "{}" });
  assert.deepEqual([forged.status, await forged.text()], [401, "header_missing"]);
  await until(() => lines.length === 2);
  assert.deepEqual(lines, ['{"type":"Ping","data":{"message":"ping"}}', seen({ uuid: "user-1" })]);
  await until(() => errors.join("\n").includes("header_missing"));
}

for (const name of ["express", "fastify"]) {
  test(name, async () => {
    const { port, lines, errors } = await node(`servers/${name}.mjs`);
    await tried(`http://127.0.0.1:${port}/webhooks`, lines, errors);
  });
}

test("the receiver of the demonstration", async () => {
  const { port, lines } = await node("node/receiver.mjs");
  const sender = await senderTo(`http://127.0.0.1:${port}/`, ["--pinned", "8.0.3"]);
  assert.equal(sender.ping, 204);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).type),
    ["Ping"],
  );
});

test("Deno", async () => {
  const deno = join(runtimes, "@deno/linux-x64-glibc/deno");
  const { port, lines, errors } = await start(deno, ["run", "--allow-net", "--allow-env", "servers/deno.mjs", "0"], {
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  });
  await tried(`http://127.0.0.1:${port}/`, lines, errors);
});

test("Bun", async () => {
  const { port, lines, errors } = await start(join(runtimes, "@oven/bun-linux-x64/bin/bun"), ["servers/bun.mjs", "0"]);
  await tried(`http://127.0.0.1:${port}/`, lines, errors);
});

test("Hono on Cloudflare's workerd", async () => {
  const { Miniflare } = createRequire(join(runtimes, "../package.json"))("miniflare");
  const esbuild = createRequire(join(repository, "js/package.json"))("esbuild");
  await esbuild.build({
    absWorkingDir: examples,
    entryPoints: ["servers/worker.mjs"],
    outdir: folder,
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
    logLevel: "error",
  });
  const [lines, errors] = [[], []];
  const modules = [
    join(folder, "worker.js"),
    ...readdirSync(folder)
      .filter((name) => name.endsWith(".wasm"))
      .map((name) => join(folder, name)),
  ];
  const miniflare = new Miniflare({
    modules: modules.map((path) => ({ type: path.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path, contents: readFileSync(path) })),
    modulesRoot: folder,
    compatibilityDate: "2025-05-05",
    cf: false,
    host: "127.0.0.1",
    bindings: { MAMBO_SECRET: secret },
    handleRuntimeStdio(stdout, stderr) {
      for (const [stream, to] of [
        [stdout, lines],
        [stderr, errors],
      ])
        createInterface(stream).on("line", (line) => to.push(line));
    },
  });
  try {
    const { port } = await miniflare.ready;
    await tried(`http://127.0.0.1:${port}/webhooks`, lines, errors);
  } finally {
    await miniflare.dispose();
  }
});

for (const name of ["lambda", "next", "worker"]) {
  test(`${name}, as its host calls it`, async () => {
    const { port, lines, errors } = await start(process.execPath, ["servers/local.mjs", name, "0"]);
    await tried(`http://127.0.0.1:${port}/webhooks`, lines, errors);
  });
}

test("axum with SQLite in Rust, and a service on axum with the sender inside", async () => {
  const program = (name) => join(repository, "target/debug/examples", name);
  const file = join(folder, "activities.db");
  const receiver = await start(program("axum_receiver"), [file, "0"]);
  const url = `http://127.0.0.1:${receiver.port}/webhooks`;
  const outside = await senderTo(url);
  assert.equal(outside.ping, 204);
  assert.equal(await outside.deliver("ActivityCreated", { uuid: "user-1" }), 204);
  assert.equal(await outside.again(), 204);
  assert.equal((await fetch(url, { method: "POST", body: "{}" })).status, 401);
  await until(() => receiver.errors.length === 2);
  assert.deepEqual(receiver.errors.slice(1), ["header_missing: header x-mambo-signature is missing"]);

  const store = join(folder, "service.db");
  const inside = await senderTo(url, [], store);
  assert.equal(inside.ping, 204);
  const service = await start(program("axum_sender"), [store, "0"]);
  const send = (body) => fetch(`http://127.0.0.1:${service.port}/activities`, { method: "POST", body });
  const answer = await send('{"uuid":"user-2"}');
  assert.equal(answer.status, 200);
  assert.equal((await send("{no JSON")).status, 400);
  let counts = "";
  for (let wait = 0; !counts.includes("Created 2") && wait < 250; wait += 1) {
    await new Promise((wake) => setTimeout(wake, 20));
    counts = await (await fetch(url)).text();
  }
  assert.equal(counts, "ActivityCreated 2\nPing 2\n");
  assert.equal(service.child.kill("SIGINT"), true);
  const [status] = await once(service.child, "exit");
  assert.equal(status, 0);
});
