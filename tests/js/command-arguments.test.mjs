// Arguments that no command takes, help, versions and terminals. Both programs end with the same exit code; the Rust program's
// sentences are clap's.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { PROGRAMS, alike, codes, environment, run, workspace } from "./command-programs.mjs";

const { folder, file } = workspace("arguments");
file("body", "{}");
file("headers", "");
file("registry.json", '{"format":1,"versions":["8.0.3","9.0.0"]}');
after(() => rmSync(folder, { recursive: true }));

const captured = ["--headers", "headers", "--body", "body"];
const diff = ["registry", "diff", "registry.json"];
const upgrade = ["upgrade", "--registry", "registry.json", "--type", "Ping", "--from", "8.0.3", "--to", "9.0.0"];
const send = ["send", "--type", "Ping", "--data", "{}"];

test("wrong arguments end both programs with 2", async () => {
  for (const args of [
    [],
    [""],
    ["--json"],
    ["frob"],
    ["Verify", ...captured],
    ["--frob"],
    ["-x", "verify"],
    ["--json", "--json", "registry", "check", "registry.json"],
    ["registry"],
    ["registry", "frob"],
    ["registry", "--version"],
    ["registry", "--json", "--json", "check", "registry.json"],
    ["help", "frob"],
    ["help", "registry", "frob"],
    ["help", "verify", "x"],
    ["help", "--json"],
    ["frob", "--help"],
    ["verify"],
    ["verify", "--body", "body"],
    ["verify", "--headers", "headers"],
    ["verify", "headers", "body"],
    ["verify", ...captured, "extra"],
    ["verify", ...captured, "--", "extra"],
    ["verify", ...captured, "--version"],
    ["verify", ...captured, "-V"],
    ["verify", ...captured, "-xyz"],
    ["verify", ...captured, "--frob"],
    ["verify", ...captured, "--frob=1"],
    ["verify", ...captured, "--head", "headers"],
    ["verify", ...captured, "--headers", "headers"],
    ["verify", ...captured, "--json=true"],
    ["verify", ...captured, "--json="],
    ["verify", ...captured, "--json", "--json"],
    ["verify", ...captured, "--encoding"],
    ["verify", ...captured, "--encoding", "--json"],
    ["verify", ...captured, "--profile="],
    ["verify", ...captured, "--now"],
    ...["", " 5", "5 ", "abc", "1e3", "0x10", "1.5", "-1", "--1", "9223372036854775808", "99999999999999999999999", "NaN", "Infinity"].map(
      (now) => ["verify", ...captured, "--now", now],
    ),
    ["verify", "--headers", "", "--body", "body"],
    ["verify", "--headers", "--body", "body"],
    ["sign"],
    ["sign", "--body", "body", "--header", "headers"],
    ["detect", "--headers", "headers"],
    ["diagnose", "--body", "body"],
    [...upgrade],
    [...upgrade.slice(0, 7), "--data", "{}"],
    [...upgrade, "--data"],
    ["registry", "check"],
    ["registry", "check", ""],
    ["registry", "check", "registry.json", "registry.json"],
    ["registry", "check", "registry.json", "--against"],
    ["registry", "changelog", "registry.json", "registry.json"],
    ["registry", "diff"],
    [...diff, "--from", "8.0.3"],
    [...diff, "--to", "9.0.0"],
    [...diff, "--type", "Ping"],
    [...diff, "--type", "Ping", "--from", "8.0.3"],
    [...diff, "registry.json", "--from", "8.0.3", "--to", "9.0.0"],
    ["registry", "infer"],
    ["registry", "infer", "--old", "body", "--new", "body"],
    ["registry", "types", "--samples", ""],
    ["registry", "types", "--language", "rust", "--language", "rust"],
    [...send, "--url"],
    ["send", "--data", "{}", "--url", "http://127.0.0.1:9/"],
    [...send, "--url", "http://127.0.0.1:9/", "--url", "http://127.0.0.1:9/"],
    [...send, "--url", "http://127.0.0.1:9/", "--key", "k"],
    [...send, "--url", "http://127.0.0.1:9/", "--lines"],
    [...send, "--url", "http://127.0.0.1:9/", "--now", "5"],
    ...["9", "9.0", "9.0.0.0", "09.0.0", "9.0.-1", "4294967296.0.0", "a.b.c", ""].map((server) => [
      ...send,
      ...["--url", "http://127.0.0.1:9/", "--server", server],
    ]),
    ...[
      "foo",
      "127.0.0.1",
      "127.0.0.1:",
      ":8080",
      "127.0.0.1:99999",
      "127.0.0.1:-1",
      "127.0.0.256:0",
      "127.1:0",
      "localhost:0",
      "[::1]",
    ].map((address) => ["listen", address]),
    ["listen", "127.0.0.1:0", "127.0.0.1:0"],
    ["listen", "127.0.0.1:0", "--now", "5"],
    ["listen", "127.0.0.1:0", "--save"],
    ["listen", "127.0.0.1:0", "--save", ""],
    ["rehearse"],
    ["rehearse", "folder"],
  ]) {
    assert.deepEqual(await codes(args, { folder }), [2, 2], args.join(" "));
  }
});

test("the Node program names what is wrong, and how the command is called", async () => {
  const usage = "Usage: mambo-webhooks [--json] registry check <registry> [--against <FILE>]";
  const pointer = "`mambo-webhooks help` lists the commands.";
  for (const [args, problem, more = usage] of [
    [["registry", "check"], "<registry> is missing"],
    [["registry", "check", "a", "b"], "unexpected argument `b`"],
    [["registry", "check", "a", "--frob"], "unexpected option `--frob`"],
    [["registry", "check", "a", "--against"], "`--against` needs a value: --against <FILE>"],
    [["registry", "check", "a", "--against="], "`--against` is empty: --against <FILE>"],
    [["registry", "check", "a", "--against", "b", "--against", "c"], "`--against` is given twice"],
    [["registry", "check", "a", "--json=1"], "`--json` takes no value"],
    [["registry", "frob"], "unknown command `registry frob`: expected check, changelog, diff, infer, types", pointer],
    [["registry"], "a command of `registry` is missing: expected check, changelog, diff, infer, types", pointer],
    [["frob"], "unknown command `frob`", pointer],
    [["--frob"], "unexpected option `--frob`", pointer],
  ]) {
    assert.deepEqual(await run("Node", args, { folder }), { code: 2, stdout: "", stderr: `error: ${problem}\n\n${more}\n` });
  }
  const stderr = async (...args) => (await run("Node", args, { folder })).stderr.split("\n")[0];
  assert.equal(await stderr("verify"), "error: --headers <FILE>, --body <FILE> are missing");
  const now = "expected a whole number of milliseconds since 1970";
  assert.equal(await stderr("verify", ...captured, "--now", "abc"), `error: --now: \`abc\`: ${now}`);
  const address = "expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080";
  assert.equal(await stderr("listen", "localhost:80"), `error: <address>: \`localhost:80\`: ${address}`);
  assert.equal(await stderr(...send), "error: --url <URL> is missing");
  assert.equal(await stderr(...diff, "--from", "8.0.3"), "error: --from and --to are given together");
});

test("both print the package's version", async () => {
  const { version } = JSON.parse(readFileSync(join(process.env.MAMBO_REPOSITORY, "pkg/package.json"), "utf8"));
  for (const args of [["--version"], ["-V"], ["--json", "--version"], ["--version", "frob"]])
    assert.deepEqual(await alike(args, { folder }), { code: 0, stdout: `mambo-webhooks ${version}\n`, stderr: "" });
});

test("both have a page for all commands, for a group, and for each command", async () => {
  const { commands } = JSON.parse(readFileSync(join(process.env.MAMBO_REPOSITORY, "js/src/cli/commands.json"), "utf8"));
  const pages = [[], ["registry"], ...commands.map(({ name }) => name.split(" "))];
  for (const words of pages) {
    const forms = [
      ["help", ...words],
      [...words, "--help"],
      [...words, "-h"],
    ];
    if (words[0] === "registry") forms.push(["registry", "help", ...words.slice(1)]);
    for (const args of forms) {
      for (const program of Object.keys(PROGRAMS)) {
        const { code, stdout, stderr } = await run(program, args, { folder });
        assert.deepEqual([code, stderr], [0, ""], args.join(" "));
        const { options } = commands.find(({ name }) => name === words.join(" ")) ?? { options: [] };
        for (const { name, isPositional } of options.filter(({ isPositional }) => !isPositional))
          assert.ok(isPositional || stdout.includes(`--${name}`), `${program}: ${args.join(" ")}: ${name}`);
      }
    }
  }
  const { stdout } = await run("Node", ["help", "registry"], { folder });
  assert.ok(stdout.startsWith("Usage: mambo-webhooks [--json] registry <command>\n\n  registry check      "), stdout);
});

test("--json may stand before a command, in its group, and behind it", async () => {
  const check = ["registry", "check", "registry.json"];
  for (const args of [
    ["--json", ...check],
    [...check, "--json"],
    ["registry", "--json", "check", "registry.json"],
    ["--json", ...check, "--json"],
  ])
    assert.deepEqual(await alike(args, { folder }), { code: 0, stdout: '{"problems":[]}\n', stderr: "" });
});

test("rehearse in the Rust program says where it is", async () => {
  const args = ["rehearse", "saved", "--registry", "r.json", "--from", "8.10.2", "--to", "9.0.0", "--handlers", "h.mjs"];
  const sentence = "handlers are JavaScript: run `npx mambo-webhooks rehearse` with the same options";
  assert.deepEqual(await run("Rust", args, { folder }), { code: 1, stdout: "", stderr: `mambo-webhooks: ${sentence}\n` });
  assert.equal((await run("Rust", ["--json", ...args], { folder })).stderr, `{"error":"${sentence}"}\n`);
  const absent = "saved: No such file or directory (os error 2)";
  assert.deepEqual(await run("Node", args, { folder }), { code: 2, stdout: "", stderr: `mambo-webhooks: ${absent}\n` });
});

test("a reader that is gone ends both programs quietly", async () => {
  for (const [program, [path, ...first]] of Object.entries(PROGRAMS)) {
    for (const closed of ["stdout", "stderr"]) {
      const args = closed === "stdout" ? ["registry", "changelog"] : ["registry", "check", "absent"];
      const child = spawn(path, [...first, ...args], { cwd: folder, env: environment() });
      child[closed].destroy();
      const other = closed === "stdout" ? child.stderr : child.stdout;
      let said = "";
      other.on("data", (chunk) => (said += chunk));
      const [code] = await once(child, "close");
      assert.deepEqual([code, said], [closed === "stdout" ? 0 : 1, ""], `${program} without ${closed}`);
    }
  }
});

test("standard input that a person has to type is asked for", () => {
  const [path, ...first] = PROGRAMS.Node;
  const words = [path, ...first, "registry", "check", "-"].map((word) => `'${word}'`).join(" ");
  const options = { cwd: folder, env: environment(), input: '{"format":1}\n\u0004', encoding: "utf8" };
  const { status, stdout } = spawnSync("script", ["-qec", words, "/dev/null"], options);
  const lines = stdout.split(/[\r\n]+/);
  assert.deepEqual(
    [status, lines.includes("reading standard input: end it with Ctrl-D"), lines.includes("no problem")],
    [0, true, true],
    stdout,
  );
});
