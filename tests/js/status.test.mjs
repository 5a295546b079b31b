// The sender's command line as a person uses it, with its status page in a real browser: `listen` receives what `worker`
// sends, and the page shows it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { before, test } from "node:test";
import { allow, assertReadable, env, keep, open, program, run, start, startWorker, until } from "./status-world.mjs";

let receiver;
let worker;
before(async () => {
  receiver = await start(/listening on (.+)/, "listen", "127.0.0.1:0", "--json");
  run("endpoint", "add", "good", `http://${receiver.address}/hook?token=hidden-token`, "--pinned", "8.0.3", ...allow);
  run("endpoint", "add", "bad", "http://127.0.0.1:9/", ...allow);
  run("send", "--type", "ActivityCreated", "--id", "e-1");
  worker = await startWorker();
  await until(() => receiver.lines.length === 2);
  await until(() => JSON.parse(run("--json", "log", "--failed")).length === 2);
  await until(async () => (await (await fetch(`${worker.address}snapshot`)).json()).counts.dead === 1);
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

const widths = { light: [320, 1280], dark: [768, 1920] };

test("the status page in Chromium, under its own policy, at four widths", async () => {
  for (const [colorScheme, all] of Object.entries(widths)) {
    for (const width of all) {
      const { page, problems } = await open(worker.address, { colorScheme, viewport: { width, height: 900 } });
      // A snapshot from before the endpoint was disabled answers for a second.
      await page.getByText("All good", { exact: true }).waitFor();
      assert.match(
        await page.locator("#why").textContent(),
        /^2 endpoints, none in trouble\. 1 endpoint is disabled by hand\. 1 delivery is dead/,
      );
      const cells = await page
        .locator("#endpoints tbody tr")
        .evaluateAll((rows) =>
          rows.map((row) => [row.querySelector(".id"), ...[...row.children].slice(3, 7)].map(({ textContent }) => textContent)),
        );
      assert.deepEqual(cells, [
        ["bad", "1", "0", "1", "0 of 1"],
        ["good", "0", "0", "0", "1 of 1"],
      ]);
      const figures = await page
        .locator("#figures div")
        .evaluateAll((cards) => cards.map((card) => [card.querySelector("dt").textContent, card.querySelector("dd").textContent]));
      assert.deepEqual(
        figures.slice(0, 4).map(([name]) => name),
        ["Scheduled", "Ready", "In flight", "Dead"],
      );
      const [scheduled, ready, inFlight, dead] = figures.map(([, value]) => Number(value));
      // The retry of the disabled endpoint becomes ready when it is due, and waits on.
      assert.deepEqual([scheduled + ready, inFlight, dead], [1, 0, 1]);
      // The charts are asked for apart, and the backlog is sampled every few seconds.
      await page.locator('#times .plot[aria-valuetext*="p99"]').waitFor();
      await page.locator('#backlog .plot[aria-valuetext$="dead 1"]').waitFor();
      assert.match(await page.locator("#times .plot").getAttribute("aria-valuetext"), /p50 .*, p99 /);
      assert.match(await page.locator("#backlog .plot").getAttribute("aria-valuetext"), /scheduled [01], ready [01], in flight 0, dead 1$/);
      assert.equal(await page.locator("#failures li").count(), 2);
      assert.ok(!(await page.content()).includes("hidden-token"), "no token of an endpoint's URL");
      assert.deepEqual(problems, [], `${width}`);
      await assertReadable(page, `${colorScheme} ${width}`);
      await keep(page, `calm-${colorScheme}-${width}`);
      await page.close();
    }
  }
});

test("the attempts of a delivery open by keyboard and by address, and close again", async () => {
  const { page, problems } = await open(worker.address, { viewport: { width: 1000, height: 900 } });
  const link = page.locator("#failures a").first();
  await link.focus();
  await page.keyboard.press("Enter");
  await page.locator("#delivery[open] #attempts tbody tr").waitFor();
  assert.match(await page.locator("#delivery-title").textContent(), /^Delivery \d+$/);
  assert.match(await page.locator("#attempts tbody tr").first().textContent(), /^1/);
  assert.match(await page.locator("#attempts tbody tr").first().textContent(), /connect_failed|no connection/i);
  await assertReadable(page, "a delivery");
  const address = page.url();
  assert.match(address, /#delivery=\d+$/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#delivery[open]").count(), 0);
  await page.goto(address);
  await page.locator("#delivery[open] #attempts tbody tr").waitFor();
  assert.deepEqual(problems, []);
});

test("a page of one tenant shows nothing of another, on any path", async () => {
  run("endpoint", "add", "<b>secret</b>", "http://127.0.0.1:9/", "--tenant", "acme", ...allow);
  const pinned = await startWorker("--tenant", "acme");
  await until(() => JSON.parse(run("--json", "log", "--tenant", "acme")).length > 0);
  const [{ delivery }] = JSON.parse(run("--json", "log", "--tenant", "acme"));
  const [foreign] = JSON.parse(run("--json", "log", "--event", "e-1"));
  const text = async (path) => {
    const response = await fetch(pinned.address + path);
    return [response.status, await response.text()];
  };
  await until(async () => (await text("snapshot"))[1].includes("secret"));
  for (const path of ["snapshot", "snapshot?tenant=default", "charts?range=1h&tenant=default", "metrics", `delivery?id=${delivery}`]) {
    const [status, body] = await text(path);
    assert.equal(status, 200, path);
    assert.ok(!/"good"|"bad"|"e-1"|127\.0\.0\.1:9\/|tenant="default"|"default"/.test(body), `${path}: ${body}`);
  }
  assert.equal((await text(`delivery?id=${foreign.delivery}`))[0], 404);
  const { page, problems } = await open(pinned.address, { viewport: { width: 1000, height: 900 } });
  assert.equal(await page.locator("#pinned").textContent(), "Tenant acme only");
  assert.equal(await page.locator("#endpoints .id").textContent(), "<b>secret</b>", "markup is text");
  assert.equal(await page.locator("#endpoints b").count(), 0);
  assert.deepEqual(problems, []);
});

test("metrics for Prometheus, and nothing for a page elsewhere", async () => {
  const text = await (await fetch(`${worker.address}metrics`)).text();
  for (const line of [
    'mambo_webhooks_attempts_total{outcome="2xx",tenant="default"} 2',
    'mambo_webhooks_attempts_total{outcome="connect_failed",tenant="default"} 2',
    'mambo_webhooks_deliveries{state="leased"} 0',
    'mambo_webhooks_attempt_seconds_count{tenant="default"} 4',
    "mambo_webhooks_breakers_open 0",
    "mambo_webhooks_endpoints_unreadable 0",
  ]) {
    assert.ok(text.includes(line), `${line} in\n${text}`);
  }
  const { request } = await import("node:http");
  for (const path of ["", "main.js", "snapshot", "charts", "delivery?id=1", "metrics"]) {
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
