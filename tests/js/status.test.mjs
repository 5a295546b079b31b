// The sender's command line as a person uses it, with its status page in a real browser: `listen` receives what `worker`
// sends, and the page shows it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

const repository = process.env.MAMBO_REPOSITORY;
const require = createRequire(join(repository, "js/package.json"));
const { chromium } = require("playwright-core");
const program = join(repository, "target/debug/mambo-webhooks");
const folder = mkdtempSync(join(tmpdir(), "mambo-status-"));
const env = { ...process.env, MAMBO_SECRET: "correct horse battery staple", MAMBO_STORE: join(folder, "store.db"), MAMBO_SERVER: "9.0.0" };
const allow = ["--allow", "127.0.0.0/8"];
const running = [];

function run(...words) {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", env, input: '{"uuid":"user-1"}' });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

/** Starts a command that goes on, and waits for what it says of its address. */
async function start(pattern, ...words) {
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  const lines = [];
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  const address = await new Promise((resolve) =>
    createInterface(child.stderr).on("line", (line) => pattern.test(line) && resolve(pattern.exec(line)[1])),
  );
  return { child, lines, address };
}

async function until(isSo) {
  for (let wait = 0; wait < 300; wait += 1) {
    if (await isSo()) return;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  assert.fail("waited in vain");
}

let receiver;
let worker;
before(async () => {
  receiver = await start(/listening on (.+)/, "listen", "127.0.0.1:0", "--json");
  run("endpoint", "add", "good", `http://${receiver.address}/hook?token=hidden`, "--pinned", "8.0.3", ...allow);
  run("endpoint", "add", "bad", "http://127.0.0.1:9/", ...allow);
  run("send", "--type", "ActivityCreated", "--id", "e-1");
  worker = await start(/status page on (\S+)/, "worker", "--status", "127.0.0.1:0", ...allow);
  await until(() => receiver.lines.length === 2);
  await until(() => JSON.parse(run("--json", "log", "--failed")).length === 2);
});
after(async () => {
  for (const child of running.filter(({ exitCode }) => exitCode === null)) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true });
});

test("listen prints what was sent", () => {
  const said = receiver.lines.map((line) => JSON.parse(line)).sort((left, right) => (left.type < right.type ? -1 : 1));
  assert.deepEqual(
    said.map(({ ok, type, data }) => [ok, type, data]),
    [
      [true, "ActivityCreated", '{"uuid":"user-1"}'],
      [true, "Ping", '{"message":"ping"}'],
    ],
  );
  assert.equal(said[0].id, "e-1");
});

test("log, stats, list, retry and rotate say what they did", () => {
  const [first] = JSON.parse(run("--json", "log", "--event", "e-1", "--endpoint", "good"));
  assert.deepEqual(
    [first.type, first.state, first.status, first.attempt, first.version],
    ["ActivityCreated", "delivered", 204, 1, "8.0.3"],
  );
  const { dead, delivered, waiting, endpoints } = JSON.parse(run("--json", "stats"));
  assert.deepEqual([dead, delivered, waiting, endpoints.map(({ id }) => id)], [1, 2, 1, ["bad", "good"]]);
  assert.match(run("endpoint", "list"), /^bad {2}enabled {2}latest {2}http:\/\/127\.0\.0\.1:9\/\ngood {2}enabled {2}8\.0\.3 {2}http/);
  const none = spawnSync(program, ["retry", "--dead", "--endpoint", "good"], { encoding: "utf8", env });
  assert.deepEqual([none.status, none.stdout.trim()], [1, "no such delivery is delivered or dead, so none is tried again"]);
  assert.equal(run("endpoint", "rotate", "good", "--overlap-seconds", "60", ...allow), "good is signed with the new secret");
  assert.equal(run("endpoint", "disable", "bad"), "disabled bad");
  assert.match(run("endpoint", "list"), /^bad {2}disabled /);
});

test("the status page in Chromium, under its own policy", async () => {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  try {
    for (const colorScheme of ["light", "dark"]) {
      const page = await browser.newPage({ colorScheme, viewport: { width: colorScheme === "dark" ? 360 : 1000, height: 900 } });
      const problems = [];
      page.on("console", (message) => message.type() === "error" && !message.text().includes("favicon") && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(String(error)));
      await page.goto(worker.address);
      await page.getByText(/^As of 20/).waitFor();
      const cells = await page
        .locator("#endpoints tr")
        .evaluateAll((rows) => rows.map((row) => [...row.children].slice(0, 5).map(({ textContent }) => textContent)));
      assert.deepEqual(cells, [
        ["bad", "disabled", "1", "1", "0 of 1"],
        ["good", "enabled", "0", "0", "1 of 1"],
      ]);
      assert.deepEqual(await page.locator("#counts dd").allTextContents(), ["1", "0", "2", "1"]);
      assert.match(await page.locator("#times svg").getAttribute("aria-label"), /^4 attempts, the slowest \d+ ms$/);
      assert.equal(await page.locator("#times rect.bad").count(), 2);
      assert.match(await page.locator("#backlog svg").getAttribute("aria-label"), /waiting, at most \d+$/);
      assert.equal(await page.locator("#failures li").count(), 2);
      assert.match(await page.locator("#failures li").first().textContent(), /to bad, attempt 1: connect_failed/);
      assert.ok(!(await page.content()).includes("hidden"), "no token of an endpoint's URL");
      const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(width, 0, "nothing sticks out sideways");
      await page.evaluate(require("node:fs").readFileSync(require.resolve("axe-core"), "utf8"));
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(
        violations.map(({ id, nodes }) => [id, nodes[0].html]),
        [],
      );
      await page.screenshot({ path: join(repository, `target/status-${colorScheme}.png`) });
      assert.deepEqual(
        problems.filter((problem) => !problem.includes("axe")),
        [],
      );
      await page.close();
    }
  } finally {
    await browser.close();
  }
});

test("metrics for Prometheus, and nothing for a page elsewhere", async () => {
  const text = await (await fetch(`${worker.address}metrics`)).text();
  for (const line of [
    'mambo_webhooks_attempts_total{outcome="2xx",tenant="default"} 2',
    'mambo_webhooks_attempts_total{outcome="connect_failed",tenant="default"} 2',
    'mambo_webhooks_deliveries{state="scheduled"} 1',
    'mambo_webhooks_attempt_seconds_count{tenant="default"} 4',
    "mambo_webhooks_breakers_open 0",
    "mambo_webhooks_endpoints_unreadable 0",
  ]) {
    assert.ok(text.includes(line), `${line} in\n${text}`);
  }
  const { request } = await import("node:http");
  for (const path of ["", "status.js", "snapshot", "metrics"]) {
    const status = await new Promise((resolve) =>
      request(worker.address + path, { headers: { host: "evil.example" } }, (answer) => resolve(answer.statusCode)).end(),
    );
    assert.equal(status, 403, path);
  }
});

test("a worker that is asked to stop does", async () => {
  worker.child.kill("SIGTERM");
  const [code] = await once(worker.child, "exit");
  assert.equal(code, 0);
});
