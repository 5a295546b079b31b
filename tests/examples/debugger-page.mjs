// The debugger's page in Chromium: a fresh one for each test, which records what it asks for and prints.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, beforeEach } from "node:test";
import { pathToFileURL } from "node:url";
import { repository } from "./world.mjs";

const require = createRequire(join(repository, "js/package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const pageUrl = pathToFileURL(join(repository, "target/debugger/index.html")).href;

let browser;
export let page;
let seen;
before(async () => (browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-quic"] })));
after(() => browser.close());
beforeEach(async () => {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  page = await context.newPage();
  seen = [];
  page.on("request", (request) => seen.push(request.url()));
  page.on("console", (message) => seen.push(message.text()));
  page.on("pageerror", (error) => seen.push(error.message));
  await page.goto(pageUrl);
});

/** Leads to the view that has an element. */
export const reach = async (id) => {
  const view = await page.locator(`.view:has(#${id})`).getAttribute("id");
  if (await page.locator(`#${view}`).isHidden()) await page.locator(`nav a[href="#${view}"]`).click();
  await page.locator(`#${view}`).waitFor();
};
/** Fills in fields by their ids. */
export const fill = async (values) => {
  for (const [id, value] of Object.entries(values)) {
    await reach(id);
    if (["profile", "pinned", "eventType"].includes(id)) await page.locator("#settings").evaluate((details) => (details.open = true));
    await page.locator(`#${id}`).fill(value);
  }
};
export const shown = async (id) => {
  await reach(id);
  return page.locator(`#${id}`).innerText();
};
export const press = async (view, name) => {
  await page.locator(`nav a[href="#${view}"]`).click();
  await page.getByRole("button", { name }).first().click();
};
/** Nothing but the page itself was asked for, and nothing was said on the console. */
export const quiet = () => assert.deepEqual(seen, [pageUrl]);
/** What axe finds on the page. Its script comes from outside of the page's policy, as an extension's would. */
export const violations = async () => {
  const { violations: found } = await page.evaluate(`${axe}; axe.run()`);
  return found.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
};

export const infer = () => press("infer", "Infer the changes");
/** Waits for the outcome: inference starts after the page has said so. */
export const inferred = async () => {
  await page.locator("#infer-status").filter({ hasNotText: "Inferring…" }).waitFor();
  return shown("infer-status");
};
