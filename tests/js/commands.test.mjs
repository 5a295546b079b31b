// The commands that the Rust program and the npm package share: both print the same bytes, and end with the same exit code.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { NOW, SECRET, alike, headerLines, run, workspace } from "./command-programs.mjs";

const { folder, file } = workspace("commands");
const vectors = (name) => JSON.parse(readFileSync(join(process.env.MAMBO_REPOSITORY, "tests/vectors", name), "utf8"));
const BODY = '{"event":"Ping","id":"e-1","data":{"message":"ping"}}';
const SIGNATURE = "t=1700000000,v1=";
const captured = ["--headers", "headers", "--body", "body", "--now", String(NOW)];
const upgrade = ["upgrade", "--registry", "registry.json", "--type", "PointWalletUpdated", "--from", "8.0.3", "--to", "9.0.0", "--data"];

before(async () => {
  file("body", BODY);
  const { stdout } = await run("Rust", ["sign", "--body", "body", "--now", String(NOW)], { folder });
  assert.ok(stdout.startsWith(SIGNATURE), stdout);
  file("headers", `Host: localhost\r\nX-Mambo-Signature: ${stdout}`);
  file("changed", `${BODY}\n`);
  file("empty", "");
  file("latin1", Buffer.from([0x7b, 0xff, 0x7d]));
  file("not.json", "nope");
  file("bom.json", "\ufeff{}");
  file("huge", Buffer.alloc(1024 * 1024 + 1, "x"));
  file("named.json", JSON.stringify({ scheme: { header: "x-other", signedTexts: ["{timestamp}.{body}"] } }));
  file("wrong.json", JSON.stringify({ scheme: { signedTexts: [] } }));
  file("registry.json", readFileSync(join(process.env.MAMBO_REPOSITORY, "examples/registry/payload-9.0.0.json")));
  file("bare.json", '{"format":1,"versions":["8.0.3","9.0.0"]}');
  file("bad.json", '{"format":1,"versions":["9"]}');
  file("old.jsonl", '{"a":1,"b":"x"}\n\n{"a":2,"b":"y"}\n');
  file("new.jsonl", '{"c":1,"b":"x"}\n\n{"c":2,"b":"y"}\n');
  for (const [version, member] of [
    ["8.0.3", "name"],
    ["9.0.0", "title"],
  ]) {
    for (const number of [1, 2, 3]) {
      const data = { [member]: `n-${number}`, note: number === 2 ? null : "x" };
      const body = JSON.stringify({ event: "ActivityCreated", id: `e-${number}`, version, data });
      file(`saved-${version}/000${number}-ActivityCreated/body`, body);
    }
  }
  file("half/0001-Ping/headers", "");
  mkdirSync(join(folder, "nothing"));
  mkdirSync(join(folder, "linked"));
  symlinkSync("../saved-8.0.3/0001-ActivityCreated", join(folder, "linked/a"));
});
after(() => rmSync(folder, { recursive: true }));

/** Runs each row in both programs, as text and with --json. A row: the arguments, and options of the run. */
async function compare(rows) {
  const different = [];
  for (const [args, options = {}] of rows) {
    for (const json of [[], ["--json"]])
      await alike([...json, ...args], { folder, ...options }).catch(({ message }) => different.push(message));
  }
  assert.deepEqual(different, []);
}

test("the most important answers, word for word", async () => {
  const says = async (args, stdout, stderr, code, options) =>
    assert.deepEqual(await alike(args, { folder, ...options }), { stdout, stderr, code }, args.join(" "));
  await says(["verify", ...captured], "accepted: Ping\n", "", 0);
  await says(["--json", "verify", ...captured], '{"id":"e-1","keyId":"default","ok":true,"type":"Ping"}\n', "", 0);
  const other = ["--headers", "headers", "--body", "changed", "--now", String(NOW)];
  const mismatch = "none of 1 signatures matches any of 1 keys";
  const advice = "Pass the body bytes as received, not parsed and printed again; compare the secret; then run diagnose.";
  await says(["verify", ...other], `signature_mismatch: ${mismatch}\n${advice}\n`, "", 1);
  await says(["verify", ...other, "--json"], `{"code":"signature_mismatch","message":"${mismatch}","ok":false}\n`, "", 1);
  const cause = "body_changed: the body is not what was signed: a line end or blank was added at the end";
  const { stdout } = await alike(["diagnose", ...other], { folder });
  assert.equal(stdout.split("\n")[1], cause);
  const late = ["--headers", "headers", "--body", "body", "--now", String(NOW + 301_000)];
  assert.match((await alike(["verify", ...late], { folder })).stdout, /^timestamp_too_old: timestamp is 301 s old, allowed 300 s\n/);
  const absent = "absent: No such file or directory (os error 2)";
  await says(["registry", "check", "absent"], "", `mambo-webhooks: ${absent}\n`, 1);
  await says(["--json", "registry", "check", "absent"], "", `{"error":"${absent}"}\n`, 1);
  await says(["registry", "check", "nothing"], "", "mambo-webhooks: nothing: Is a directory (os error 21)\n", 1);
  await says(["registry", "check", "latin1"], "", "mambo-webhooks: latin1: not UTF-8\n", 1);
  const unset = "mambo-webhooks: set the environment variable MAMBO_SECRET\n";
  await says(["verify", ...captured], "", unset, 1, { env: { MAMBO_SECRET: undefined } });
  await says([...upgrade, '{ "exampleField": 12345678901234567890 }'], '{ "newExampleField": 12345678901234567890 }\n', "", 0);
  await says([...upgrade, "not.json"], "", "mambo-webhooks: the data is not JSON at line 1 column 2\n", 1);
  const version = "expected three numbers joined by dots, such as 8.10.2";
  await says(["registry", "types", "--version", "9"], "", `mambo-webhooks: \`9\`: ${version}\n`, 1);
  await says(["registry", "check", "registry.json"], "no problem\n", "", 0);
  await says(["registry", "diff", "bare.json", "bare.json"], "no difference\n", "", 0);
  await says(["registry", "diff", "bare.json"], "", "mambo-webhooks: give a second registry, or --from and --to\n", 1);
});

test("captured deliveries: good ones, refused ones, other encodings and profiles, input that cannot be used", async () => {
  const of = (headers, body, ...more) => ["--headers", headers, "--body", body, "--now", String(NOW), ...more];
  const hex = Buffer.from(SECRET).toString("hex");
  const base64 = Buffer.from(SECRET).toString("base64");
  for (const command of ["verify", "diagnose", "detect"]) {
    await compare([
      [[command, ...captured]],
      [[command, ...of("headers", "changed")]],
      [[command, ...of("headers", "-")], { input: BODY }],
      [[command, ...of("headers", "-")], { input: "" }],
      [[command, ...of("-", "body")], { input: `X-Mambo-Signature: ${SIGNATURE}${"0".repeat(64)}\n` }],
      [[command, ...of("empty", "body")]],
      [[command, ...of("empty", "empty")]],
      [[command, ...of("body", "headers")]],
      [[command, ...of("headers", "huge")]],
      [[command, ...of("huge", "body")]],
      [[command, ...of("headers", "latin1")]],
      [[command, ...of("latin1", "body")]],
      [[command, ...of("absent", "body")]],
      [[command, ...of("headers", "absent")]],
      [[command, ...of("headers", "nothing")]],
      [[command, ...of("headers/x", "body")]],
      [[command, ...of("headers", "n".repeat(300))]],
      [[command, ...of("headers", "body", "--encoding", "hex")], { env: { MAMBO_SECRET: hex } }],
      [[command, ...of("headers", "body", "--encoding", "base64")], { env: { MAMBO_SECRET: base64 } }],
      [[command, ...of("headers", "body", "--encoding", "hex")]],
      [[command, ...of("headers", "body", "--encoding", "rot13")]],
      [[command, ...of("headers", "body", "--encoding", "")]],
      [[command, ...captured], { env: { MAMBO_SECRET: undefined } }],
      [[command, ...captured], { env: { MAMBO_SECRET: "" } }],
      [[command, ...captured], { env: { MAMBO_SECRET: "short" } }],
      [[command, ...captured], { env: { MAMBO_SECRET: "another secret, which did not sign it" } }],
      [[command, ...captured], { env: { MAMBO_SECRET: `${SECRET}\n` } }],
      [[command, ...of("headers", "body", "--profile", "named.json")]],
      [[command, ...of("headers", "body", "--profile", "wrong.json")]],
      [[command, ...of("headers", "body", "--profile", "not.json")]],
      [[command, ...of("headers", "body", "--profile", "bom.json")]],
      [[command, ...of("headers", "body", "--profile", "absent")]],
      [[command, ...of("headers", "absent", "--profile", "absent-too")]],
      [[command, ...of("headers", "body", "--profile", "-")], { input: '{"scheme":{"header":"x-mambo-signature"}}' }],
      [[command, "--headers=headers", "--body=body", `--now=${NOW}`]],
      ...["0", "-0", "+5", "-5", "-9007199254740991", "9007199254740991", "0000000000000000000001"].map((now) => [
        [command, "--headers", "headers", "--body", "body", `--now=${now}`],
      ]),
    ]);
  }
});

test("without --now it is now: what one program signs, the other accepts", async () => {
  for (const [signer, verifier] of [
    ["Rust", "Node"],
    ["Node", "Rust"],
  ]) {
    const { stdout } = await run(signer, ["sign", "--body", "body"], { folder });
    const input = `X-Mambo-Signature: ${stdout}`;
    const { code } = await run(verifier, ["verify", "--headers", "-", "--body", "body"], { folder, input });
    assert.equal(code, 0, signer);
  }
});

test("signing", async () => {
  const sign = (...more) => ["sign", "--body", "body", "--now", String(NOW), ...more];
  const svix = {
    header: "webhook-signature",
    grammar: { form: "list", delimiter: " " },
    signaturePrefix: "v1,",
    signatureEncoding: "base64",
  };
  const scheme = { ...svix, timestamp: { header: "webhook-timestamp" }, signedTexts: ["{header:webhook-id}.{timestamp}.{body}"] };
  file("svix.json", JSON.stringify({ scheme }));
  file("id", "Webhook-Id: msg_1\nnot a header\n");
  await compare([
    [sign()],
    [sign("--encoding", "base64")],
    [sign("--encoding", "hex")],
    [sign("--profile", "svix.json", "--headers", "id")],
    [sign("--profile", "svix.json")],
    [sign("--profile", "svix.json", "--headers", "-"), { input: "webhook-id: msg_2" }],
    [sign("--profile", "wrong.json")],
    [sign(), { env: { MAMBO_SECRET: undefined } }],
    [["sign", "--body", "-", "--now=-0"], { input: Buffer.from([0, 255, 10]) }],
    [["sign", "--body", "huge", "--now", "1"]],
    [["sign", "--body", "absent"]],
  ]);
});

test("deliveries as other providers sign them", async () => {
  const { deliveries } = vectors("providers.json");
  let accepted = 0;
  for (const [index, { name, secret, secretEncoding, headers, body, now }] of deliveries.entries()) {
    const [heads, bytes] = [file(`provider-${index}/headers`, headerLines(headers)), file(`provider-${index}/body`, body)];
    const given = ["--headers", heads, "--body", bytes, "--now", String(now)];
    const options = { folder, env: { MAMBO_SECRET: secret } };
    const { stdout, code } = await alike(["detect", ...given], options);
    if (code === 1) continue;
    const verify = [...given, "--profile", file(`provider-${index}/profile.json`, stdout), "--encoding", secretEncoding];
    const verified = await alike(["verify", ...verify, "--json"], options);
    if (verified.code === 0) accepted += 1;
    // Slack's commands are forms: the signature fits, the body is no envelope.
    else assert.equal(JSON.parse(verified.stdout).code, "body_not_json", name);
  }
  assert.ok(accepted >= 40, `${accepted} accepted`);
});

test("the shared vectors of receivers", async () => {
  let count = 0;
  for (const [index, { settings, headers, body, bodyHex, now }] of vectors("receive.json").cases.entries()) {
    const { keys, profile, ...others } = settings;
    if (keys.length !== 1 || keys[0].secret === undefined || Object.keys(others).length > 0) continue;
    count += 1;
    const given = ["--headers", file(`vector-${index}/headers`, headerLines(headers)), `--now=${now}`];
    given.push("--body", file(`vector-${index}/body`, bodyHex === undefined ? body : Buffer.from(bodyHex, "hex")));
    if (profile !== undefined) given.push("--profile", file(`vector-${index}/profile.json`, JSON.stringify(profile)));
    if (keys[0].encoding !== undefined) given.push("--encoding", keys[0].encoding);
    const options = { folder, env: { MAMBO_SECRET: keys[0].secret } };
    await alike(["verify", ...given], options);
    await alike(["diagnose", ...given, "--json"], options);
  }
  assert.ok(count >= 80, `${count} vectors`);
});

test("data that is upgraded", async () => {
  const of = (from, to, data = "{}") => [...upgrade.slice(0, 5), "--from", from, "--to", to, "--data", data];
  file("data", '{ "exampleField" : "\u00e9" }\n');
  await compare([
    ...[
      '{"exampleField":"x"}',
      ' \t\n{"exampleField":"x"}',
      "data",
      "not.json",
      "empty",
      "latin1",
      "bom.json",
      "absent",
      "nothing",
      "",
    ].map((data) => [[...upgrade, data]]),
    ...["[1]", '"text"', "\u00a0{}", "\u0085{}", "\ufeff{}", "5", "{", '{"a":1}{', "[1,]"].map((data) => [[...upgrade, data]]),
    [[...upgrade, "-"], { input: '{"exampleField":[1,2]}' }],
    [[...upgrade, "-"], { input: "" }],
    [[...upgrade, `--data=${JSON.stringify({ exampleField: "long".repeat(20_000) })}`].filter((word) => word !== "--data")],
    [of("9.0.0", "8.0.3", '{"newExampleField":1}')],
    [of("9.0.0", "9.0.0")],
    [of("8", "9.0.0")],
    [of("8.0.3", "9.0.0.0")],
    [of("08.0.3", "9.0.0")],
    [of("8.0.3", "4294967296.0.0")],
    [of("7.0.0", "99.0.0")],
    [["upgrade", "--registry", "bad.json", "--type", "Ping", "--from", "8.0.3", "--to", "9.0.0", "--data", "{}"]],
    [["upgrade", "--registry", "not.json", "--type", "", "--from", "8.0.3", "--to", "9.0.0", "--data", "{}"]],
    [["upgrade", "--registry", "-", "--type", "Nope", "--from", "8.0.3", "--to", "9.0.0", "--data", "{}"], { input: '{"format":1}' }],
  ]);
});

test("registries that are checked, compared and printed", async () => {
  file("edited.json", JSON.stringify({ format: 1, versions: ["8.0.3", "9.0.0", "9.1.0"] }));
  await compare([
    ...["registry.json", "bare.json", "bad.json", "not.json", "empty", "bom.json", "latin1", "absent", "nothing", "huge"].flatMap(
      (name) => [
        [["registry", "check", name]],
        [["registry", "changelog", name]],
        [["registry", "diff", name, "--from", "8.0.3", "--to", "9.0.0"]],
      ],
    ),
    [["registry", "check", "-"], { input: '{"format":1}' }],
    [["registry", "check", "-"], { input: '{"format":2,"versions":"x","more":[]}' }],
    [["registry", "check", "--", "registry.json"]],
    [["registry", "check", "--", "--json"]],
    [["registry", "check", "edited.json", "--against", "registry.json"]],
    [["registry", "check", "registry.json", "--against", "edited.json"]],
    [["registry", "check", "registry.json", "--against", "absent"]],
    [["registry", "changelog"]],
    [["registry", "diff", "bare.json", "registry.json"]],
    [["registry", "diff", "registry.json", "bare.json"]],
    [["registry", "diff", "registry.json", "absent"]],
    [["registry", "diff", "registry.json", "--from", "8.0.3", "--to", "9.0.0", "--type", "PointWalletUpdated"]],
    [["registry", "diff", "registry.json", "--from", "8.0.3", "--to", "9.0.0", "--type", "Nope"]],
    [["registry", "diff", "registry.json", "--from", "9", "--to", "9.0.0"]],
    [["registry", "diff", "registry.json", "--from", "9.0.0", "--to", "8.0.3"]],
  ]);
});

test("changes and types from samples", async () => {
  const infer = (old, newer, ...more) => ["registry", "infer", "--old", old, "--new", newer, "--since", "9.0.0", ...more];
  const types = (...more) => ["registry", "types", ...more];
  await compare([
    [infer("old.jsonl", "new.jsonl", "--type", "Made")],
    [infer("old.jsonl", "new.jsonl", "--type", "Made", "--from", "8.0.3")],
    [infer("old.jsonl", "new.jsonl")],
    [infer("saved-8.0.3", "saved-9.0.0")],
    [infer("./saved-8.0.3/", "saved-9.0.0", "--from", "8.0.3", "--type", "ActivityCreated")],
    [infer("saved-8.0.3", "saved-9.0.0", "--type", "Nope")],
    [infer("saved-8.0.3", "nothing")],
    [infer("linked", "saved-9.0.0")],
    [infer("./half", "saved-9.0.0")],
    [infer("half/", "saved-9.0.0")],
    [infer("absent", "saved-9.0.0")],
    [infer("not.json", "not.json", "--type", "Made")],
    [infer("-", "new.jsonl", "--type", "Made"), { input: '{"a":1,"b":"x"}\n' }],
    [["registry", "infer", "--old", "saved-8.0.3", "--new", "saved-9.0.0", "--since", "9"]],
    [types()],
    ...["typescript", "rust", "json-schema", "ruby", ""].flatMap((language) => [
      [types("--language", language, "--version", "9.0.0")],
      [types("registry.json", "--samples", "saved-8.0.3", "--language", language)],
    ]),
    [types("registry.json", "--samples", "saved-8.0.3", "--version", "8.0.3", "--version", "9.0.0")],
    [types("bad.json")],
    [types("--samples", "old.jsonl", "--type", "Made", "--pinned", "8.0.3")],
    [types("--samples", "old.jsonl", "--type", "Made")],
    [types("--samples", "old.jsonl")],
    [types("--samples", "saved-9.0.0", "--profile", "wrong.json")],
    [types("--samples", "saved-9.0.0", "--profile", "absent")],
    [types("--samples", "half")],
  ]);
});

test("one delivery that cannot be sent", async () => {
  const send = (url, ...more) => ["send", "--type", "Ping", "--data", "{}", "--url", url, ...more];
  await compare([
    [send("http://127.0.0.1:9/")],
    [send("HTTP://LOCALHOST:9")],
    [send("http://127.1:9/a b?c#d")],
    [send("http://example.com/")],
    [send("http://10.0.0.1/")],
    [send("ftp://127.0.0.1/")],
    [send("https://[::1]:9/")],
    [send("http://127.0.0.1:9/", "--profile", "absent")],
    [send("http://127.0.0.1:9/", "--profile", "wrong.json")],
    [send("http://127.0.0.1:9/", "--encoding", "rot13")],
    [send("http://127.0.0.1:9/"), { env: { MAMBO_SECRET: undefined } }],
    [send("http://127.0.0.1:9/"), { env: { MAMBO_SECRET: "short" } }],
    [["send", "--type", "Ping", "--data", "not.json", "--url", "http://127.0.0.1:9/"]],
    [["send", "--type", "Ping", "--data", "absent", "--url", "http://127.0.0.1:9/"]],
    [["send", "--type", "Ping", "--url", "http://127.0.0.1:9/"], { input: "nope" }],
    [["send", "--type", "", "--data", "{}", "--id", "", "--url", "http://127.0.0.1:9/"]],
  ]);
});

test("settings that a listener cannot use", async () => {
  const listen = (...more) => ["listen", "127.0.0.1:0", ...more];
  await compare([
    [listen("--save", "body")],
    [listen("--save", "body/inside")],
    [listen("--save", "/proc/mambo")],
    [listen("--save", "/proc/mambo/inside")],
    [listen("--save", "n".repeat(300))],
    [listen("--encoding", "rot13")],
    [listen("--profile", "absent")],
    [listen("--profile", "wrong.json")],
    [listen("--profile", "absent"), { env: { MAMBO_SECRET: "" } }],
    [listen(), { env: { MAMBO_SECRET: "short" } }],
  ]);
});
