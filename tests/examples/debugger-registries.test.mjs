// The debugger's views of registries in Chromium: what is inferred from payloads, and what differs between registries.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, infer, inferred, page, press, quiet, reach, shown } from "./debugger-page.mjs";

const NOTHING_INFERRED = "Nothing inferred yet\n\nFill in payloads of two versions, and infer the changes between them.";
const notInferred = (why) => `Not inferred\n\n${why}`;
const lines = (count, line) => Array.from({ length: count }, (_, index) => line(index)).join("\n");

test("infers changes from payloads, with evidence and doubts, and puts the registry into its field", async () => {
  await press("delivery", "Load a sample");
  await infer();
  assert.equal(
    await inferred(),
    "Not certain\n\nEvery pair is explained, and something is in doubt: each doubt says what would decide it.",
  );
  assert.equal(
    (await shown("inferred")).split("\nRegistry\n")[0],
    [
      "PointWalletUpdated\n\nChanges:\n",
      "exampleField is called newExampleField (in 5 of 5 pairs)\nunit is added (in 5 of 5 pairs)\n\nIn doubt:\n",
      "default_weak at /unit: unit has the same value in 5 pairs and may depend on other data.",
      "Decided by: samples in which all other data differs, 8 or more.",
    ].join("\n"),
  );
  const registry = {
    format: 1,
    versions: ["8.0.3", "9.0.0"],
    changes: [
      {
        id: "point-wallet-updated-9.0.0",
        since: "9.0.0",
        on: { event: "PointWalletUpdated" },
        summary: "exampleField is called newExampleField; unit is added.",
        lossy: "down",
        ops: [
          { op: "rename", at: "/exampleField", to: "newExampleField" },
          { op: "add", at: "/unit", default: "points" },
        ],
      },
    ],
  };
  const printed = JSON.stringify(registry, null, 2);
  await press("infer", "Copy the registry");
  await page.getByText("Copied.").waitFor({ state: "attached" });
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), printed);
  await press("infer", "Use it as the page's registry");
  assert.equal(await page.locator("#registry").inputValue(), printed);
  assert.equal(await page.locator("#toast").innerText(), "The registry field holds it now, in place of the registry before it.");
  assert.match(await shown("versions"), /^Changed by: point-wallet-updated-9\.0\.0\./);
  await fill({ old: "{}" });
  assert.deepEqual([await shown("infer-status"), await page.locator("#inferred-card").isVisible()], [NOTHING_INFERRED, false]);
  quiet();
});

test("infers from lists, keeps the digits of large numbers, and says what is certain", async () => {
  const digits = (index) => `1234567890123456789${index}`;
  const list = (print) => `[${Array.from({ length: 8 }, (_, index) => print(index)).join(" ,\n")}]`;
  const more = (index) => `"text":"a,]}[{\\"b${index}","inner":{"list":[${index},[${index}]]}`;
  await fill({
    old: list((index) => `{"n":${digits(index)},${more(index)}}`),
    new: list((index) => `{"n":"${digits(index)}",${more(index)}}`),
    "infer-type": "ActivityCreated",
    since: "9.0.0",
  });
  await infer();
  assert.equal(await inferred(), "Certain\n\nEvery pair is explained in both directions, and nothing is in doubt.");
  assert.match(await shown("inferred"), /^ActivityCreated\n\nChanges:\n\nn is converted from int to string \(in 8 of 8 pairs\)\n/);
  await fill({ old: '{\n  "a": 1\n}', new: '{"a":1}' });
  await page.locator("#since").press("Enter");
  assert.match(await inferred(), /^Not certain\n/);
  assert.match(await shown("inferred"), /^ActivityCreated\n\nNo difference in 1 pair\.\n\nIn doubt:\n/);
  assert.equal(await page.getByRole("button", { name: "Copy the registry" }).count(), 0);
  quiet();
});

test("infers from whole bodies of deliveries, by the page's profile, and names the pairs that no op explains", async () => {
  const delivered = (type, count, data) => lines(count, (index) => `{"kind":"${type}","key":"${index}","data":${data(index)}}`);
  await fill({ profile: '{"envelope":{"type":["/kind"],"id":["/key"]}}', since: "9.0.0" });
  await fill({
    old: delivered("PointWalletUpdated", 8, () => '{"x":"v"}'),
    new: delivered("PointWalletUpdated", 7, (index) => `{"x":"${index}"}`),
  });
  await infer();
  assert.equal(
    await inferred(),
    [
      "Not certain",
      "The changes do not explain every pair in both directions.",
      "8 old and 7 new payloads make 7 pairs; the others are not compared.",
    ].join("\n\n"),
  );
  const numbers = [1, 2, 3, 4, 5].map((id) => `event ${id}, first at /x`);
  const places = [...numbers, "and 1 more event"].join("\n");
  const [found] = (await shown("inferred")).split("\nRegistry\n");
  assert.equal(
    found.slice(found.indexOf("Not explained")),
    [
      "Not explained: the old payload does not become the new one.",
      places,
      "Not restored: the new payload does not become the old one.",
      places,
    ].join("\n\n"),
  );
  await fill({ profile: "" });
  assert.equal(await shown("infer-status"), NOTHING_INFERRED);
  await infer();
  assert.equal(
    await inferred(),
    notInferred("options: the samples have no event in common: deliveries are paired by the id of their event"),
  );
  quiet();
});

test("says in the view what keeps it from inferring", async () => {
  const missing = "Fill in old payloads, new payloads, and the first version with the new shape.";
  await infer();
  assert.equal(await inferred(), notInferred(missing));
  await fill({ old: '{"a":1}\n\n{"a":', new: '{"a":1}', "infer-type": "Ping", since: "nine" });
  await infer();
  assert.equal(await inferred(), notInferred("Old payloads: line 3 is not JSON."));
  await fill({ old: '{"a":1}' });
  await infer();
  assert.equal(await inferred(), notInferred("options: `nine`: expected three numbers joined by dots, such as 8.10.2"));
  await press("delivery", "Clear all");
  assert.equal(await shown("infer-status"), NOTHING_INFERRED);
  quiet();
});

const change = (id, model, ops, lossy = "none") => ({ id, since: "9.0.0", on: { model }, summary: `${id} happens.`, lossy, ops });
const registryOf = (changes, events) => JSON.stringify({ format: 1, versions: ["8.0.3", "9.0.0"], changes, ...(events && { events }) });

const nothing = (hint) => `Nothing to compare yet\n\n${hint}`;

test("diffs two versions of the page's registry", async () => {
  const hint = "Fill in the page's registry, an older version and a newer one.";
  assert.equal(await shown("diff-status"), nothing(hint));
  const add = { op: "add", at: "/seen", default: false };
  const rename = { op: "rename", at: "/a", to: "b" };
  await fill({ registry: registryOf([change("seen", "Notification", [add], "down"), change("renamed", "PointWallet", [rename])]) });
  await fill({ "diff-from": "8.0.3", "diff-to": "9.0.0" });
  assert.equal(await shown("diff-status"), "Breaking\n\nEvent types that differ: 3. Breaking: 1.");
  const seen = "seen, since 9.0.0: additive. seen happens.\n/seen is new; payloads without it get false";
  assert.equal(
    await shown("differences"),
    [
      `NotificationCreated: additive\n${seen}`,
      `NotificationRead: additive\n${seen}`,
      "PointWalletUpdated: breaking\nrenamed, since 9.0.0: breaking. renamed happens.\n/a is called b",
    ].join("\n"),
  );
  await fill({ "diff-type": "NotificationRead" });
  assert.equal(await shown("diff-status"), "Additive\n\nEvent types that differ: 1. Breaking: 0.");
  await fill({ "diff-from": "9.0.0", "diff-to": "8.0.3" });
  assert.equal(await shown("diff-status"), "Breaking\n\nEvent types that differ: 1. Breaking: 1.");
  assert.equal(
    await shown("differences"),
    "NotificationRead: breaking\nseen, since 9.0.0, undone: breaking, data is lost. seen happens.\n/seen is gone; older readers get false",
  );
  await fill({ "diff-to": "9.0.0" });
  assert.deepEqual(
    [await shown("diff-status"), await page.locator("#differences-card").isVisible()],
    ["No payload has another shape", false],
  );
  await fill({ "diff-to": "nine" });
  assert.equal(await shown("diff-status"), "Not compared\n\noptions: `nine`: expected three numbers joined by dots, such as 8.10.2");
  quiet();
});

test("diffs two registries: new, gone, additive, edited", async () => {
  await reach("compare-registries");
  await page.getByText("Two registries").click();
  assert.equal(await page.locator("#diff-versions").isVisible(), false);
  assert.equal(await shown("diff-status"), nothing("Fill in an older and a newer registry."));
  const older = registryOf([change("edited", "PointWallet", [{ op: "rename", at: "/a", to: "b" }])], { Old: { model: "Activity" } });
  const edited = change("edited", "PointWallet", [{ op: "remove", at: "/a", default: null }], "up");
  await fill({ older, newer: registryOf([edited], { Fresh: { model: "Activity" } }) });
  assert.equal(await shown("diff-status"), "Breaking\n\nEvent types that differ: 3. Breaking: 2.");
  assert.equal(
    await shown("differences"),
    [
      "Fresh: additive\n\nThe event type is new.\n\nOld: breaking\n\nThe event type is gone.\n\nPointWalletUpdated: breaking",
      "edited, since 9.0.0, edited: breaking, data is lost. edited happens.\n/a is gone; older readers get null",
    ].join("\n"),
  );
  await fill({ older: registryOf([]), newer: registryOf([], { Fresh: { model: "Activity" } }) });
  assert.deepEqual(
    [await shown("diff-status"), await shown("differences")],
    ["Additive\n\nEvent types that differ: 1. Breaking: 0.", "Fresh: additive\n\nThe event type is new."],
  );
  await fill({ newer: "{" });
  assert.match(await shown("diff-status"), /^Not compared\n\noptions: registry_invalid: registry: not JSON at line 1 column 1/);
  await press("delivery", "Clear all");
  assert.equal(await page.getByLabel("Two registries").isChecked(), true);
  assert.equal(await shown("diff-status"), nothing("Fill in an older and a newer registry."));
  quiet();
});

test("by keyboard alone: two registries are chosen and filled in", async () => {
  await reach("compare-versions");
  await page.locator("#compare-versions").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "older");
  quiet();
});
