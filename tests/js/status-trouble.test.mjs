// The status page of a platform in trouble: three tenants, two of three endpoints not answering as they should. Then a store
// that is damaged, and a worker that is killed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { allow, assertReadable, keep, open, run, runWith, startWorker, store, until } from "./status-world.mjs";

/** How many endpoints each tenant has, by how their receiver answers. */
const TENANTS = {
  acme: { good: 14, failing: 16 },
  globex: { good: 2, gone: 14 },
  initech: { good: 3, hanging: 8, limited: 2 },
};
const ANSWERS = {
  good: (answer) => answer.writeHead(204).end(),
  failing: (answer) => answer.writeHead(500).end("no"),
  gone: (answer) => answer.writeHead(410).end(),
  limited: (answer) => answer.writeHead(204).end(),
  hanging: () => {},
};
const receiver = createServer((request, answer) => {
  request.resume();
  request.on("end", () => ANSWERS[request.url.slice(1)](answer));
});
let worker;
before(async () => {
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = receiver.address();
  for (const [tenant, kinds] of Object.entries(TENANTS)) {
    for (const [kind, count] of Object.entries(kinds)) {
      for (let number = 1; number <= count; number += 1) {
        const id = `${kind}-${String(number).padStart(2, "0")}`;
        const limit = kind === "limited" ? ["--rate", "1", "--type", "Bulk"] : ["--type", "Activity*"];
        run("endpoint", "add", id, `http://127.0.0.1:${port}/${kind}`, "--tenant", tenant, ...limit, ...allow);
      }
    }
  }
  for (const tenant of Object.keys(TENANTS)) {
    for (let number = 0; number < 6; number += 1) run("send", "--type", "ActivityCreated", "--tenant", tenant);
  }
  runWith("{}\n".repeat(400), "send", "--type", "Bulk", "--lines", "--tenant", "initech");
  worker = await startWorker("--timeout-seconds", "1");
  await until(async () => {
    const { endpoints } = await (await fetch(`${worker.address}snapshot`)).json();
    return endpoints.disabled === 14 && endpoints.breaker === 8 && endpoints.failing === 16 && endpoints.backlog === 2;
  });
});
after(() => {
  receiver.closeAllConnections();
  receiver.close();
});

const rows = (page) => page.locator("#endpoints tbody tr");
const stateOf = (row) => row.locator(".badge").innerText();

test("says first what is wrong, and shows the worst first, at four widths in both schemes", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 768, 1280, 1920]) {
      const { page, problems } = await open(worker.address, { colorScheme, viewport: { width, height: 900 } });
      assert.equal(await page.locator("#said").innerText(), "40 of 59 endpoints are in trouble");
      const why = await page.locator("#why").innerText();
      assert.match(why, /^14 disabled, 8 behind an open breaker, 16 failing, 2 with a backlog\. /);
      assert.equal(await page.title(), "40 of 59 endpoints are in trouble · Mambo webhooks");
      assert.equal(await rows(page).count(), 50);
      const states = [];
      for (const at of [0, 13, 14, 21, 22, 37, 38, 39, 40]) states.push((await stateOf(rows(page).nth(at))).replace("probing", "open"));
      const [disabled, breaker] = ["Disabled", "Breaker open"];
      assert.deepEqual(states, [disabled, disabled, breaker, breaker, "Failing", "Failing", "Backlog", "Backlog", "Good"]);
      await page.locator('#times .plot[aria-valuetext*="p99"]').waitFor();
      assert.deepEqual(problems, []);
      await assertReadable(page, `${colorScheme} ${width}`);
      await keep(page, `trouble-${colorScheme}-${width}`);
      await page.locator("#failures a").first().click();
      await page.locator("#delivery[open] #attempts tbody tr").first().waitFor();
      await assertReadable(page, `a delivery, ${colorScheme} ${width}`);
      await keep(page, `delivery-${colorScheme}-${width}`);
      await page.close();
    }
  }
});

test("turns the pages of endpoints", async () => {
  const { page } = await open(worker.address, { viewport: { width: 1280, height: 900 } });
  assert.equal(await page.locator("#shown").innerText(), "1 to 50 of 59");
  assert.equal(await page.locator("#previous").isDisabled(), true);
  await page.locator("#next").click();
  await page.getByText("51 to 59 of 59").waitFor();
  assert.equal(await rows(page).count(), 9);
  assert.equal(await page.locator("#next").isDisabled(), true);
  await page.locator("#previous").focus();
  await page.keyboard.press("Enter");
  await page.getByText("1 to 50 of 59").waitFor();
});

test("shows one tenant, or what a search finds, and keeps that in the address", async () => {
  const { page, problems } = await open(worker.address, { viewport: { width: 1280, height: 900 } });
  await page.locator("#tenant").selectOption("globex");
  await page.getByText("14 of 16 endpoints are in trouble").waitFor();
  assert.equal(await rows(page).count(), 16);
  assert.equal(new URL(page.url()).search, "?tenant=globex");
  await page.locator("#find").fill("good");
  await page.locator("#endpoints tbody tr:nth-child(3)").waitFor({ state: "detached" });
  // Those in no trouble stand in the order of their response times.
  assert.deepEqual((await page.locator("#endpoints .id").allInnerTexts()).sort(), ["good-01", "good-02"]);
  await page.reload();
  await page.getByText("14 of 16 endpoints are in trouble").waitFor();
  assert.equal(await rows(page).count(), 2);
  await page.locator("#find").fill("nothing like it");
  await page.getByText("No endpoint matches.").waitFor();
  await page.locator("#find").fill("");
  await page.locator("#tenant").selectOption("All tenants");
  await page.getByText("40 of 59 endpoints are in trouble").waitFor();
  assert.equal(new URL(page.url()).search, "");
  assert.deepEqual(problems, []);
});

test("says that the store fails, and that the worker is gone, with the figures that it had", async () => {
  const { page } = await open(worker.address, { viewport: { width: 1280, height: 900 } });
  for (const file of [store, `${store}-wal`]) writeFileSync(file, Buffer.alloc(statSync(file).size, 1));
  await page.getByText("The store fails", { exact: true }).waitFor();
  assert.match(await page.locator("#why").innerText(), /^The worker cannot read it: .+\. The figures below are old\.$/);
  assert.equal(await page.locator("#verdict").getAttribute("data-mood"), "bad");
  assert.equal(await rows(page).count(), 50);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await assertReadable(page, `the store fails, ${colorScheme}`);
    await keep(page, `store-fails-${colorScheme}`);
  }
  worker.child.kill("SIGKILL");
  await page.getByText("The worker does not answer", { exact: true }).waitFor();
  assert.equal(await page.locator("#why").innerText(), "It may have stopped. The figures below are old.");
  assert.equal(await page.title(), "The worker does not answer · Mambo webhooks");
  await assertReadable(page, "the worker is gone");
  await keep(page, "worker-gone");
});
