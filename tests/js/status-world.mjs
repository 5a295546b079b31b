// A store with the sender's command line, and Chromium to look at a worker's status page.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before } from "node:test";

export const repository = process.env.MAMBO_REPOSITORY;
const require = createRequire(join(repository, "js/package.json"));
const { chromium } = require("playwright-core");
const axeScript = readFileSync(require.resolve("axe-core"), "utf8");
export const program = join(repository, "target/debug/mambo-webhooks");
const folder = mkdtempSync(join(tmpdir(), "mambo-status-"));
export const store = join(folder, "store.db");
export const env = { ...process.env, MAMBO_SECRET: "correct horse battery staple", MAMBO_STORE: store, MAMBO_SERVER: "9.0.0" };
export const allow = ["--allow", "127.0.0.0/8"];
const running = [];

/** Runs a command with a text on its standard input; it has to succeed. */
export function runWith(input, ...words) {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", env, input });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}
export const run = (...words) => runWith('{"uuid":"user-1"}', ...words);

/** Starts a command that goes on, and waits for what it says of its address. */
export async function start(pattern, ...words) {
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  const lines = [];
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  const address = await new Promise((resolve) =>
    createInterface(child.stderr).on("line", (line) => pattern.test(line) && resolve(pattern.exec(line)[1])),
  );
  return { child, lines, address };
}

/** Starts a worker with a status page. */
export const startWorker = (...words) => start(/status page on (\S+)/, "worker", "--status", "127.0.0.1:0", ...words, ...allow);

export async function until(isSo) {
  for (let wait = 0; wait < 3000; wait += 1) {
    if (await isSo()) return;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  assert.fail("waited in vain");
}

export let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
});
after(async () => {
  await browser.close();
  for (const child of running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true });
});

/** A page with its own list of what went wrong in it. */
export async function open(address, options) {
  const page = await browser.newPage(options);
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(address);
  await page.getByText(/^As of /).waitFor();
  return { page, problems };
}

/** Nothing sticks out sideways, and axe finds nothing. Its script goes around the page's own policy, as a test may. */
export async function assertReadable(page, name) {
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(sideways, 0, `${name}: nothing sticks out sideways`);
  await page.evaluate(axeScript);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, nodes }) => [id, nodes[0].html]);
  assert.deepEqual(found, [], name);
}

/** Keeps what the page looks like, for a person. */
export const keep = (page, name) => page.screenshot({ path: join(repository, `target/status-${name}.png`), fullPage: true });
