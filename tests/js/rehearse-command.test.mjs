// The command `rehearse`, and the table that it prints.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatRehearsal, sampleDelivery } from "mambo-webhooks/testing";
import { EXIT, rehearseCommand } from "./node_modules/mambo-webhooks/dist/cli/rehearse.js";
import { registry, row, saved, upgrade, wallet } from "./rehearsed.mjs";

const folder = mkdtempSync(join(tmpdir(), "rehearse-"));
const file = (name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const save = (into, name, { headers, body }) => {
  mkdirSync(join(folder, into, name), { recursive: true });
  const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}`);
  writeFileSync(join(folder, into, name, "headers"), ["POST /webhooks HTTP/1.1", ...lines, ""].join("\r\n"));
  writeFileSync(join(folder, into, name, "body"), body);
};

save("one", "a", wallet());
save("one", "b", saved("Ping", { message: "hello" }));
save("one", ".git", saved("Ping", {}));
file("one/notes.txt", "not a delivery");
file("registry.json", JSON.stringify(registry));

const good = "{ PointWalletUpdated: ({ data }) => data.newExampleField ?? data.exampleField, Ping: ({ data }) => data.message }";
const bad = "{ PointWalletUpdated: ({ data }) => data.exampleField }";

/** Runs the command; returns its exit code, and what it printed to each output. */
async function command(options, { isTTY = false, env = {} } = {}) {
  const [out, err] = [[], []];
  const output = (lines) => ({ isTTY, write: (text) => lines.push(text) });
  const given = { folder: join(folder, "one"), registry: join(folder, "registry.json"), from: "8.10.2", to: "9.0.0", ...options };
  const code = await rehearseCommand(given, { stdout: output(out), stderr: output(err), env });
  return { code, out: out.join(""), err: err.join("") };
}

const noLength = "TypeError: Cannot read properties of undefined (reading 'length')";

test("the table of a rehearsal, with all that a row can tell", async () => {
  const deliveries = [
    wallet({ name: "a" }),
    saved("NotificationRead", { awarded: { type: "x" } }),
    saved("PointWalletUpdated", { newExampleField: 1 }, { version: "9.0.0" }),
    { headers: {}, body: "{" },
  ];
  const add = (receiver) =>
    receiver
      .on("PointWalletUpdated", function debit({ data }) {
        return { amounts: [data.exampleField] };
      })
      .on("PointWalletUpdated", ({ data }) => data.exampleField.length)
      .onAny(({ data }) => void structuredClone(data))
      .onAny(({ data }) => void JSON.stringify(data));
  const text = formatRehearsal(await upgrade(add, deliveries));
  assert.equal(`\n${text}\n`, EXPECTED);
});

const EXPECTED = `
delivery  event type          handler                          8.10.2 to 9.0.0
a         PointWalletUpdated  on("PointWalletUpdated", debit)  other result at /amounts/0
  reads /exampleField, which 9.0.0 does not have
a         PointWalletUpdated  on("PointWalletUpdated")         throws at 9.0.0: ${noLength}
  reads /exampleField, which 9.0.0 does not have
a         PointWalletUpdated  onAny()                          no result to compare
  its reads are not all known: it cloned the data
a         PointWalletUpdated  onAny() #2                       no result to compare
  lists all members of the data, which differ at 9.0.0
  lists all members of /lines/*, which differ at 9.0.0
#2        NotificationRead    onAny()                          no result to compare
  its reads are not all known: it cloned the data
  loss at 9.0.0: value_dropped at /awarded by notification-awarded
#2        NotificationRead    onAny() #2                       no result to compare
  lists all members of the data, which differ at 9.0.0
  loss at 9.0.0: value_dropped at /awarded by notification-awarded
#3        PointWalletUpdated  on("PointWalletUpdated", debit)  other result at /amounts/0
  as received, in 9.0.0: same result as at 9.0.0
  reads /exampleField, which 9.0.0 does not have
#3        PointWalletUpdated  on("PointWalletUpdated")         throws at 9.0.0: ${noLength}
  as received, in 9.0.0: it throws
  reads /exampleField, which 9.0.0 does not have
#3        PointWalletUpdated  onAny()                          no result to compare
  its reads are not all known: it cloned the data
#3        PointWalletUpdated  onAny() #2                       no result to compare
  lists all members of the data, which differ at 9.0.0
#4        -                   -                                refused: body_not_json: body is not JSON at line 1 column 1
not ok: 7 of 11 rows, 4 deliveries
`;

test("each outcome has its sentence", () => {
  const rows = ["same", "no_result", "unsteady", "thrown_both", "thrown_before", "unhandled"].map((outcome) =>
    row({ outcome, error: "E: e" }),
  );
  const text = formatRehearsal({ from: "1.0.0", to: "2.0.0", ok: false, rows });
  assert.deepEqual(
    text
      .split("\n")
      .slice(1)
      .map((line) => line.split('on("PointWalletUpdated")  ').at(-1)),
    [
      "same result",
      "no result to compare",
      "result changes from run to run",
      "throws at both versions: E: e",
      "throws at 1.0.0 only: E: e",
      "no handler",
      "not ok: 1 of 6 rows, 1 delivery",
    ],
  );
});

test("what is done as received is told where it is another thing", () => {
  const line = (outcome, asReceived) =>
    formatRehearsal({ from: "1.0.0", to: "2.0.0", ok: true, rows: [row({ outcome, asReceived, receivedVersion: null })] }).split("\n")[2];
  const said = (text) => `  as received, in an unknown version: ${text}`;
  assert.equal(line("other", "same"), said("same result as at 2.0.0"));
  assert.equal(line("same", "other"), said("another result than at 2.0.0"));
  assert.equal(line("other", "no_result"), said("no result to compare"));
  assert.equal(line("thrown_both", "thrown"), said("it does not throw"));
  assert.equal(line("thrown", "thrown_both"), said("it throws"));
  assert.equal(line("same", "thrown_before"), said("it throws"));
});

test("control characters of a delivery do not reach the terminal", () => {
  const rows = [row({ delivery: "\u001b[2J", type: "a\nb", outcome: "thrown", error: "Error: \u202e\u009b", readButGone: ["/\u0007"] })];
  const [, line, detail] = formatRehearsal({ from: "1.0.0", to: "2.0.0", ok: false, rows }).split("\n");
  assert.equal(line, '\\u001b[2J  a\\u000ab    on("PointWalletUpdated")  throws at 2.0.0: Error: \\u202e\\u009b');
  assert.equal(detail, "  reads /\\u0007, which 2.0.0 does not have");
});

test("a rehearsal to which no change applies says so", async () => {
  const same = await upgrade({ Ping: () => 1 }, saved("Ping", {}));
  assert.equal(formatRehearsal(same).split("\n").at(-1), "ok: 1 row, 1 delivery, but no change of the registry applies");
  assert.equal(
    formatRehearsal(await upgrade({ Ping: () => 1 }, []))
      .split("\n")
      .at(-1),
    "not ok: no handler ran, 0 deliveries",
  );
});

for (const [name, text] of [
  ["default.mjs", `export default ${good}`],
  ["named.mjs", `export const handlers = ${good}; export default "something else"`],
  [
    "function.mjs",
    `const all = ${good}; export default (receiver) => { for (const [type, run] of Object.entries(all)) receiver.on(type, run); }`,
  ],
  ["exports.cjs", `module.exports = ${good}`],
  ["named.cjs", `exports.handlers = ${good}`],
  ["computed.cjs", `exports["hand" + "lers"] = ${good}`],
  ["compiled.cjs", `Object.defineProperty(exports, "__esModule", { value: true }); exports.default = ${good}`],
]) {
  test(`the command takes handlers from ${name}`, async () => {
    const { code, out, err } = await command({ handlers: file(name, text), json: true });
    const { ok, rows } = JSON.parse(out);
    assert.deepEqual([code, err, ok], [EXIT.ok, "", true]);
    assert.deepEqual(
      rows.map(({ delivery, type, outcome }) => [delivery, type, outcome]),
      [
        ["a", "PointWalletUpdated", "same"],
        ["b", "Ping", "same"],
      ],
    );
  });
}

test("the command prints the table, in colour only to a terminal that wants it", async () => {
  const handlers = file("bad.mjs", `export default ${bad}`);
  const plain = await command({ handlers });
  assert.deepEqual([plain.code, plain.err], [EXIT.notOk, ""]);
  assert.equal(
    plain.out,
    [
      "delivery  event type          handler                   8.10.2 to 9.0.0",
      'a         PointWalletUpdated  on("PointWalletUpdated")  other result',
      "  reads /exampleField, which 9.0.0 does not have",
      "b         Ping                -                         no handler",
      "not ok: 1 of 2 rows, 2 deliveries",
      "",
    ].join("\n"),
  );
  const coloured = await command({ handlers }, { isTTY: true });
  assert.ok(coloured.out.includes("\u001b[31mother result\u001b[0m") && coloured.out.includes("\u001b[32mno handler\u001b[0m"));
  assert.equal((await command({ handlers }, { isTTY: true, env: { NO_COLOR: "1" } })).out, plain.out);
  assert.equal((await command({ handlers }, { isTTY: true, env: { NO_COLOR: "" } })).out, coloured.out);
});

test("the command verifies signatures where it is given a secret, under a profile", async () => {
  const secret = "correct horse battery staple";
  const profile = { scheme: { header: "x-other" } };
  save("signed", "a", sampleDelivery("Ping", { secret, now: 1_600_000_000_000, profile }));
  const options = {
    folder: join(folder, "signed"),
    handlers: join(folder, "default.mjs"),
    profile: file("profile.json", JSON.stringify(profile)),
  };
  assert.equal((await command({ ...options, secret })).code, EXIT.ok);
  const { code, out } = await command({ ...options, secret: "another secret than that one" });
  assert.equal(code, EXIT.notOk);
  assert.ok(out.includes("refused: signature_mismatch: "), out);
  const hex = Buffer.from(secret).toString("hex");
  assert.equal((await command({ ...options, secret: hex, encoding: "hex" })).code, EXIT.ok);
  assert.equal((await command({ ...options, secret: hex, encoding: "rot13" })).code, EXIT.wrongArguments);
});

test("the command takes a version for deliveries that name none", async () => {
  save("unversioned", "a", saved("PointWalletUpdated", { newExampleField: "value" }, { version: null }));
  const options = { folder: join(folder, "unversioned"), handlers: join(folder, "default.mjs"), json: true };
  const version = async (more) => JSON.parse((await command({ ...options, ...more })).out).rows[0].receivedVersion;
  assert.deepEqual([await version({ pinned: "9.0.0" }), await version({})], ["9.0.0", "8.10.2"]);
});

test("the command shows on a terminal how far it is", async () => {
  for (let number = 100; number < 120; number += 1) save("many", `${number}`, wallet());
  const options = { folder: join(folder, "many"), handlers: join(folder, "default.mjs") };
  const { code, err } = await command(options, { isTTY: true });
  assert.equal(code, EXIT.ok);
  assert.ok(err.startsWith("\r1 of 20 deliveries\r2 of 20 deliveries\r"), JSON.stringify(err));
  assert.ok(err.endsWith("\r20 of 20 deliveries\r\u001b[K"), JSON.stringify(err));
  assert.equal((await command(options)).err, "");
  assert.equal((await command({ handlers: join(folder, "default.mjs") }, { isTTY: true })).err, "");
});

test("the command says what is wrong with its arguments", async () => {
  const handlers = join(folder, "default.mjs");
  mkdirSync(join(folder, "empty"));
  mkdirSync(join(folder, "half/a"), { recursive: true });
  file("half/a/headers", "");
  const expectedHandlers =
    "no handlers: export as `default` or `handlers` an object of functions by event type, or a function that takes a receiver";
  for (const [options, problem] of [
    [{}, "`handlers` is missing"],
    [{ handlers, from: undefined }, "`from` is missing"],
    [{ handlers, folder: "" }, "`folder` is missing"],
    [{ handlers, to: "9" }, "options: expected three numbers joined by dots, such as 8.10.2 at /to"],
    [{ handlers, folder: join(folder, "absent") }, `${join(folder, "absent")}: No such file or directory (os error 2)`],
    [
      { handlers, folder: join(folder, "empty") },
      `${join(folder, "empty")}: no saved deliveries: expected a folder for each, with \`headers\` and \`body\``,
    ],
    [{ handlers, folder: join(folder, "half") }, `${join(folder, "half/a/body")}: No such file or directory (os error 2)`],
    [{ handlers, registry: file("wrong.json", "{}") }, "registry: `format` is missing at the top"],
    [{ handlers: file("none.mjs", "export const other = 1") }, `${join(folder, "none.mjs")}: ${expectedHandlers}`],
    [{ handlers: file("mixed.mjs", "export default { Ping: 1 }") }, `${join(folder, "mixed.mjs")}: ${expectedHandlers}`],
    [{ handlers: file("empty.mjs", "export default {}") }, `${join(folder, "empty.mjs")}: ${expectedHandlers}`],
    [{ handlers: file("throws.mjs", 'throw new Error("no database")') }, `${join(folder, "throws.mjs")}: no database`],
    [{ handlers: file("misspelt.mjs", "export default { ping() {} }") }, "event type `ping` is not one that this release knows"],
  ]) {
    assert.deepEqual(await command(options), { code: EXIT.wrongArguments, out: "", err: `mambo-webhooks: ${problem}\n` });
  }
  const { code, err } = await command({ json: true });
  assert.deepEqual([code, JSON.parse(err)], [EXIT.wrongArguments, { error: "`handlers` is missing" }]);
});

test("the command runs in a separate program", () => {
  const program = file(
    "program.mjs",
    `import { rehearseCommand } from ${JSON.stringify(import.meta.resolve("./node_modules/mambo-webhooks/dist/cli/rehearse.js"))};
    process.exitCode = await rehearseCommand({ folder: "one", registry: "registry.json", from: "8.10.2", to: "9.0.0", handlers: process.argv[2] });`,
  );
  file("bad.mjs", `export default ${bad}`);
  const run = (name) => spawnSync(process.execPath, [program, name], { cwd: folder, encoding: "utf8" });
  assert.deepEqual([run("default.mjs").status, run("bad.mjs").status, run("absent.mjs").status], [0, 1, 2]);
  assert.equal(run("default.mjs").stdout.trimEnd().split("\n").at(-1), "ok: 2 rows, 2 deliveries");
});
