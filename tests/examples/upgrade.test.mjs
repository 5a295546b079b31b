// docs/UPGRADE.md from an empty folder, with the package as it would be published: every command in order, and what the page
// says that it prints. Once as a reader without Mambo does it, and once with the sender of this repository in Mambo's place,
// whose registry holds the changes that the page infers.
//
// The test reads these things in the prose right before a block:
// - "In another terminal": the command goes on in the background, until the prose says Ctrl-C;
// - "Without Mambo": the block delivers in place of Mambo;
// - "the exit code is 1": that of the block; else it is 0;
// - "prints:": the text is that of the background program which started first.
// A text block is else what the block of commands before it printed. The line `…` in it stands for any lines.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { folder, repository, secret } from "./world.mjs";

const page = readFileSync(join(repository, "docs/UPGRADE.md"), "utf8");
const program = join(repository, "target/debug/mambo-webhooks");
/** The ports in the page: of the receiver, and of the two listeners. */
const PAGE_PORTS = ["8080", "8081", "8082"];

/** The blocks of the page, each with all prose between it and the block before, and with the last paragraph of that. */
const blocks = [...page.matchAll(/```(\w+)\n([^]*?)```\n/g)].map(({ index, 1: language, 2: text }) => ({
  language,
  text,
  before: page.slice(0, index).split("```").at(-1).trim(),
  paragraph: page.slice(0, index).trim().split("\n\n").at(-1),
}));

/** What would be published. */
const packed = mkdirSync(join(folder, "packed"), { recursive: true });
const {
  stdout: tarball,
  stderr,
  status,
} = spawnSync("npm", ["pack", "--silent", "--pack-destination", packed], {
  cwd: join(repository, "pkg"),
  encoding: "utf8",
});
assert.equal(status, 0, stderr);

const running = new Set();
after(() => Promise.all([...running].map(stop)));

/** Ends a program that was started here, with the programs that it started. */
async function stop(child) {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  process.kill(-child.pid, "SIGINT");
  const late = setTimeout(() => process.kill(-child.pid, "SIGKILL"), 10_000);
  await closed;
  clearTimeout(late);
}

/** Starts a program in a process group, by whose id it can be ended; what it prints is in `printed`. */
function begin(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const started = { child, printed: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      started.printed += text;
    });
  }
  return started;
}

/** Runs a program to its end, two minutes at most, and returns its exit code and what it printed. */
async function run(command, args, options) {
  const started = begin(command, args, options);
  const late = setTimeout(() => process.kill(-started.child.pid, "SIGKILL"), 120_000);
  const [code] = await once(started.child, "close");
  clearTimeout(late);
  running.delete(started.child);
  return { code, printed: started.printed };
}

/** Waits for what a program prints, half a minute at most: `npx` takes its time on a busy machine. */
async function until(started, isPrinted) {
  for (let wait = 0; !isPrinted(started.printed); wait += 1) {
    assert.ok(wait < 300, `waited in vain, printed is: ${started.printed}`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** A line `…` stands for any lines. */
function assertPrinted(printed, text) {
  const escaped = text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replaceAll(/^…\n/gm, "(?:.*\\n)*?");
  if (!new RegExp(`^${escaped}$`).test(`${printed.trimEnd()}\n`)) assert.equal(printed, text);
}

/** Follows the page. What `makeMambo` returns is given the blocks that take Mambo's place; without it they run as they are. */
async function follow(context, makeMambo) {
  const home = mkdtempSync(join(folder, "upgrade-"));
  const ports = await freePorts(PAGE_PORTS.length);
  const own = (text) => text.replaceAll(new RegExp(PAGE_PORTS.join("|"), "g"), (port) => ports[PAGE_PORTS.indexOf(port)]);
  const { MAMBO_SECRET: _, ...bare } = process.env;
  const options = { cwd: home, env: { ...bare, NO_COLOR: "1" } };
  const mambo = makeMambo?.(home, ports, options);
  let exported = "";
  let background = [];
  let printed = "";
  let milliseconds = 0;
  for (const { language, text, before, paragraph } of blocks) {
    if (before.includes("Ctrl-C")) {
      await Promise.all(background.map(({ child }) => stop(child)));
      background = [];
    }
    if (language === "javascript") {
      const [, name] = /^\/\/ (\S+)\n/.exec(text);
      writeFileSync(join(home, name), own(text));
    } else if (language === "text" && paragraph.endsWith("prints:")) {
      const lines = text.split("\n").length;
      await until(background[0], (printed) => printed.split("\n").length >= lines);
      assertPrinted(background[0].printed, own(text));
    } else if (language === "text") {
      assertPrinted(printed, own(text));
    } else if (mambo && paragraph.startsWith("Without Mambo")) {
      await mambo(own(text));
    } else {
      assert.equal(language, "sh");
      const commands = exported + own(text).replace("npm install mambo-webhooks", `npm install ${join(packed, tarball.trim())}`);
      exported += text.match(/^export .*\n/gm)?.join("") ?? "";
      if (paragraph.endsWith("In another terminal:")) {
        const started = begin("sh", ["-c", commands], options);
        background.push(started);
        await until(started, (printed) => /^(?:listening on .*|ready)\n/.test(printed));
        continue;
      }
      const start = performance.now();
      const ran = await run("sh", ["-ec", commands], options);
      milliseconds += performance.now() - start;
      assert.equal(ran.code, paragraph.includes("the exit code is 1") ? 1 : 0, `${commands}\n${ran.printed}`);
      ({ printed } = ran);
    }
  }
  context.diagnostic(`all commands of the page took ${Math.round(milliseconds / 1000)} s`);
  await Promise.all(background.map(({ child }) => stop(child)));
  return home;
}

/** What changed in 9.0.0, which the page does not know before it infers it. */
const CHANGES = {
  format: 1,
  versions: ["9.0.0"],
  changes: [
    {
      id: "wallet",
      since: "9.0.0",
      on: { model: "PointWallet" },
      summary: "A name and an object.",
      lossy: "none",
      ops: [
        { op: "wrap", at: "/user", key: "uuid" },
        { op: "rename", at: "/balance", to: "available" },
      ],
    },
    {
      id: "status",
      since: "9.0.0",
      on: { event: "ActivityCreated" },
      summary: "Words.",
      lossy: "none",
      ops: [
        {
          op: "map_value",
          at: "/status",
          pairs: [
            [0, "pending"],
            [1, "approved"],
            [2, "rejected"],
          ],
        },
      ],
    },
  ],
};

/**
 * The sender of this repository, in Mambo's place. It takes events in 9.0.0, and renders them for pinned endpoints. Each webhook
 * setting is another store.
 */
function sender(home, [receiverPort, pinnedPort, latestPort], { env }) {
  const files = mkdtempSync(join(folder, "sender-"));
  const registry = join(files, "registry.json");
  writeFileSync(registry, JSON.stringify(CHANGES));
  const call = async (store, ...words) => {
    const settings = { MAMBO_REGISTRY: registry, MAMBO_SERVER: "9.0.0", MAMBO_ALLOW: "127.0.0.0/8", MAMBO_STORE: join(files, store) };
    const { code, printed } = await run(program, words, { cwd: files, env: { ...env, ...settings, MAMBO_SECRET: secret } });
    assert.equal(code, 0, `${words.join(" ")}: ${printed}`);
  };
  const add = async (store, version, port) => {
    const pin = version === "pinned" ? ["--pinned", "8.10.2"] : [];
    await call(store, "endpoint", "add", version, `http://127.0.0.1:${port}/`, ...pin);
    await call(store, "worker", "--once");
  };
  const send = async (store, { id, type, newer }) => {
    await call(store, "send", "--type", type, "--id", id, "--data", newer);
    await call(store, "worker", "--once");
  };
  return async (commands) => {
    if (commands.includes("--type Ping")) {
      await add("capture.db", "pinned", pinnedPort);
      await add("capture.db", "latest", latestPort);
      return;
    }
    const rows = [...commands.matchAll(/^(\w-\d)\|(\w+)\|[^|\n]*\|(.*)$/gm)].map(([, id, type, newer]) => ({ id, type, newer }));
    assert.ok(rows.length > 0, commands);
    for (const row of rows) {
      if (!commands.includes(`send-pairs.sh ${receiverPort} ${receiverPort}`)) {
        await send("capture.db", row);
        continue;
      }
      for (const version of ["pinned", "latest"]) {
        await add(`${row.id}-${version}.db`, version, receiverPort);
        await send(`${row.id}-${version}.db`, row);
      }
    }
  };
}

describe("docs/UPGRADE.md", { concurrency: true }, () => {
  test("its commands run in order, and print what it says", (context) => follow(context));
  test("they find what a sender with two endpoints, pinned and latest, does", async (context) => {
    const home = await follow(context, sender);
    const { changes } = JSON.parse(readFileSync(join(home, "registry.json"), "utf8"));
    const [wallet, status] = CHANGES.changes;
    const sorted = (ops) => ops.map((op) => JSON.stringify(op, Object.keys(op).sort())).sort();
    assert.deepEqual(sorted(changes.find(({ on }) => on.event === "PointWalletUpdated").ops), sorted(wallet.ops));
    assert.deepEqual(sorted(changes.find(({ on }) => on.event === "ActivityCreated").ops), sorted(status.ops));
  });
});

test("docs/UPGRADE.md says what to do about every doubt", () => {
  const sources = readdirSync(join(repository, "src/shim/infer")).map((name) =>
    readFileSync(join(repository, "src/shim/infer", name), "utf8"),
  );
  const codes = sources.flatMap((text) => [...text.matchAll(/(?:InferDoubt::new|doubt)\(\s*"(\w+)"/g)].map(([, code]) => code));
  assert.ok(codes.length > 10);
  const [table] = /\| code \| what to do \|[^]*?\n\n/.exec(page);
  assert.deepEqual(
    [...new Set(codes)].filter((code) => !table.includes(`\`${code}\``)),
    [],
  );
});
