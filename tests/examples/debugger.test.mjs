// The debugger's page in Chromium, as a person uses it: every path of a delivery, and nothing leaves it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fill, infer, inferred, page, press, quiet, reach, shown, violations } from "./debugger-page.mjs";
import { examples, folder, repository } from "./world.mjs";

const packed = join(examples, "node_modules/mambo-webhooks/dist");
const { createReceiver } = await import(join(packed, "index.js"));
const { sign } = await import(join(packed, "testing.js"));
const secret = "correct horse battery staple";
const text = '{"event":"ActivityCreated","id":"e-1","version":"8.0.3","data":{"uuid":"user-1","attrs":{"verb":"read"}}}';

const header = (options = {}) => `X-Mambo-Signature: ${sign({ secret, body: text, ...options })}`;
const VALID = "Valid\n\nA receiver with this secret and profile accepts it.";
const delivery = (options) => ({ headers: header(options), body: text, secret });

test("an honest delivery is valid, and its event is a tree", async () => {
  await fill(delivery());
  assert.equal(await shown("verdict"), VALID);
  const event = await shown("event");
  for (const line of ["ActivityCreated", "e-1", "8.0.3", "default", "id:e-1", 'uuid: "user-1"']) assert.ok(event.includes(line), line);
  await page.getByText("attrs: {1}").click();
  await page.getByText('verb: "read"').waitFor();
  assert.equal(await page.locator("#bytes").innerText(), `The body has ${text.length} bytes.`);
  quiet();
});

test("what is refused is explained, and its body is not shown as an event", async () => {
  await fill({ ...delivery(), body: JSON.stringify(JSON.parse(text), null, 2) });
  const verdict = await shown("verdict");
  assert.match(verdict, /^Refused\n/);
  assert.equal(await page.locator("#versions-card").isVisible(), false);
  assert.match(verdict, /signature_mismatch none of 1 signatures matches any of 1 keys/);
  assert.match(verdict, /What would make it pass:\n\nthe body is not what was signed: the JSON was parsed and printed again/);
  assert.equal(await shown("event"), "Only what is signed is shown.");
  await fill({ body: text, secret: `${secret} ` });
  assert.match(await shown("verdict"), /once the blanks around the secret are removed/);
  await fill({ secret, headers: "Content-Type: application/json" });
  assert.match(await shown("verdict"), /header_missing header x-mambo-signature is missing/);
  quiet();
});

test("a captured delivery that grew old is shown as such", async () => {
  await fill(delivery({ now: Date.now() - 3_600_123 }));
  assert.match(
    await shown("verdict"),
    /^Signed correctly, but not accepted now\n\ntimestamp_too_old timestamp is 3\d{3}\.\d{3} s old, allowed 300 s\n/,
  );
  assert.match(await shown("event"), /user-1/);
  quiet();
});

test("the profile is detected, copied, and used", async () => {
  const profile = {
    scheme: { header: "x-other", grammar: { form: "sequence", delimiter: ":" }, signedTexts: ["{timestamp}.{body}"], unit: "milliseconds" },
  };
  await fill({ ...delivery(), headers: `X-Other: ${sign({ secret, body: text, profile })}` });
  assert.match(await shown("verdict"), /^Refused/);
  await page.getByRole("button", { name: "Copy the profile" }).first().click();
  await page.getByText("Copied.").waitFor({ state: "attached" });
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.equal(copied.scheme.header, "x-other");
  assert.equal(
    createReceiver({ secret, profile: copied }).receive({ headers: { "x-other": sign({ secret, body: text, profile }) }, body: text }).type,
    "ActivityCreated",
  );
  await page.getByRole("button", { name: "Use it" }).first().click();
  assert.equal(await shown("verdict"), VALID);
  await fill({ secret: "another secret of enough bytes" });
  assert.match(await shown("detected"), /^None of those tried fits/);
  quiet();
});

test("the sample shows the shims at work: side by side, with the changelog and a loss", async () => {
  await press("delivery", "Load a sample");
  assert.equal(await shown("verdict"), VALID);
  assert.match(await shown("versions"), /^Changed by: wallet-example-field\./);
  const cells = (name) => page.locator(`.diff .${name}`).allInnerTexts();
  assert.deepEqual([await cells("removed"), await cells("added")], [['−   "exampleField": "value"'], ['+   "newExampleField": "value"']]);
  assert.match(await shown("changelog"), /## 9\.0\.0[^]*`\/exampleField` is called `newExampleField`/);
  await fill({ wanted: "8.0.3" });
  assert.match(await shown("versions"), /^Nothing changes\./);
  await fill({ wanted: "nine" });
  assert.match(await shown("versions"), /expected `as_received`, `latest` or a version such as 8\.10\.2/);
  const registry = {
    format: 1,
    versions: ["8.0.3", "9.0.0"],
    changes: [
      {
        id: "gone",
        since: "9.0.0",
        on: { model: "PointWallet" },
        summary: "s",
        lossy: "up",
        ops: [{ op: "remove", at: "/exampleField", default: null }],
      },
    ],
  };
  await fill({ registry: JSON.stringify(registry), wanted: "9.0.0" });
  assert.match(await shown("versions"), /Lost by gone at \/exampleField: value_dropped/);
  await fill({ registry: "{", profile: "" });
  assert.match(await shown("verdict"), /registry_invalid/);
  quiet();
});

test("a test delivery for a shell is what a receiver accepts, and holds no secret", async () => {
  await fill({ secret, url: "http://127.0.0.1:8080/it's" });
  await page.locator("#test-type").selectOption("NotificationRead");
  await page.getByRole("button", { name: "Copy the command" }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(!command.includes(secret));
  const words = execFileSync("sh", ["-c", `curl() { for word; do printf '%s\\0' "$word"; done; }; ${command}`], { encoding: "utf8" }).split(
    "\0",
  );
  const [, name, value] = /^(x-mambo-signature): (.*)$/.exec(words[4]);
  const { type } = createReceiver({ secret }).receive({ headers: { [name]: value }, body: words[6] });
  assert.deepEqual(
    [words[0], words[2], type, words[7]],
    ["--include", "content-type: application/json", "NotificationRead", "http://127.0.0.1:8080/it's"],
  );
  quiet();
});

test("files keep every byte, chosen or dropped; a whole request may be pasted", async () => {
  const crlf = text.replace("{", "{\r\n");
  const request = `POST /hook HTTP/1.1\r\nHost: example.com\r\n${header({ body: crlf })}\r\n\r\n${crlf}`;
  const path = join(folder, "request.http");
  writeFileSync(path, request);
  await fill({ secret });
  await page.getByLabel("Whole request from a file").setInputFiles(path);
  await page.getByText("from a file.").waitFor();
  assert.equal(await shown("verdict"), VALID);
  await page.locator("#body").press("End");
  await page.keyboard.type(" ");
  assert.match(await shown("verdict"), /^Refused/);
  const drop = async (contents) => {
    const transfer = await page.evaluateHandle((given) => {
      const made = new DataTransfer();
      made.items.add(new File([given], "dropped"));
      return made;
    }, contents);
    await page.locator("#delivery").dispatchEvent("drop", { dataTransfer: transfer });
  };
  await drop(request);
  await page.getByText("Valid", { exact: true }).waitFor();
  await fill({ headers: header() });
  await drop(text);
  await page.getByText(`${text.length} bytes, from a file`).waitFor();
  assert.equal(await shown("verdict"), VALID);
  await fill({ body: "", headers: `> POST /hook HTTP/1.1\n> ${header()}\n\n${text}` });
  assert.equal(await shown("verdict"), VALID);
  await page.getByRole("button", { name: "Clear all" }).click();
  assert.equal(await shown("verdict"), "Nothing to judge yet\n\nFill in headers, body and secret.");
  assert.equal(await page.evaluate(() => document.activeElement.id), "headers");
  quiet();
});

test("shows what one delivery does not decide", async () => {
  await fill(delivery());
  assert.deepEqual(await page.locator("#detected li").allInnerTexts(), [
    "one_signature one signature does not show how several are written: capture a delivery while two secrets are valid",
  ]);
  const body = '{"what":"Ever","data":{}}';
  await fill({ body, headers: header({ body }) });
  assert.deepEqual(await page.locator("#detected li code").allInnerTexts(), [
    "one_signature",
    "type_unseen",
    "id_unseen",
    "version_unseen",
  ]);
  quiet();
});

test("by keyboard alone: the views, the sample, the secret shown", async () => {
  for (const key of ["Tab", "Tab", "Tab", "Enter"]) await page.keyboard.press(key);
  assert.equal(new URL(page.url()).hash, "#infer");
  assert.deepEqual(await visibleViews(), ["infer"]);
  assert.equal(await page.locator("nav [aria-current]").innerText(), "Infer changes");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "old");
  await page.goBack();
  assert.deepEqual(await visibleViews(), ["delivery"]);
  await page.locator("nav a").last().focus();
  for (const key of ["Tab", "Enter"]) await page.keyboard.press(key);
  assert.equal(await shown("verdict"), VALID);
  await page.locator("#secret").focus();
  assert.equal(await page.locator("#secret").getAttribute("type"), "password");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  assert.equal(await page.locator("#secret").getAttribute("type"), "text");
  quiet();
});

const visibleViews = () => page.locator(".view:visible").evaluateAll((views) => views.map(({ id }) => id));

/** The page in each state that a person looks at: its name, and how to come there. */
const STATES = {
  empty: async () => {},
  valid: async () => {
    await press("delivery", "Load a sample");
    await page.locator("#settings").evaluate((details) => (details.open = true));
  },
  refused: async () => fill({ ...delivery(), body: JSON.stringify(JSON.parse(text), null, 2) }),
  old: async () => fill(delivery({ now: Date.now() - 3_600_123 })),
  registries: async () => {
    await press("delivery", "Load a sample");
    await reach("differences");
  },
  "two-registries": async () => {
    await reach("diff");
    await page.getByText("Two registries").click();
  },
  inferred: async () => {
    await press("delivery", "Load a sample");
    await infer();
    await inferred();
  },
};
for (const colorScheme of ["light", "dark"]) {
  for (const width of [320, 768, 1280, 1920]) {
    test(`no barrier that axe finds, and nothing to scroll sideways, ${colorScheme}, ${width} pixels wide`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      for (const [name, come] of Object.entries(STATES)) {
        await page.reload();
        await come();
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, name);
        await page.screenshot({ path: join(repository, `target/debugger/${name}-${colorScheme}-${width}.png`), fullPage: true });
        assert.deepEqual(await violations(), [], name);
      }
    });
  }
}
