// The example's store in a real Redis, on a socket that only this test uses.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createReceiver } from "mambo-webhooks";
import { checkReplayStore, sign } from "mambo-webhooks/testing";

const repository = process.env.MAMBO_REPOSITORY;
const { createClient } = createRequire(join(repository, "js/package.json"))("redis");
const { redisReplayStore } = await import(join(repository, "examples/redis/replay-store.mjs"));
const folder = mkdtempSync(join(tmpdir(), "mambo-redis-"));
const socket = join(folder, "redis.sock");
let server;
let client;

before(async () => {
  server = spawn("redis-server", ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder], { stdio: "pipe" });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.stdout.on("data", (text) => /ready to accept/i.test(text) && resolve());
  });
  client = createClient({ socket: { path: socket } });
  await client.connect();
});

after(async () => {
  await client?.close();
  server?.kill();
  rmSync(folder, { recursive: true });
});

test("the store does what a store must", () => checkReplayStore(redisReplayStore(client)));

test("two receivers that share it handle a delivery once", async () => {
  const secret = "correct horse battery staple";
  const body = '{"message":"ping"}';
  const delivery = { headers: { "x-mambo-signature": sign({ secret, body }) }, body };
  const receiver = () => createReceiver({ secret, replay: { store: redisReplayStore(client) } });
  assert.equal(await receiver().process(delivery, () => "handled"), "handled");
  await assert.rejects(receiver().process(delivery, assert.fail), { code: "delivery_replayed" });
});
