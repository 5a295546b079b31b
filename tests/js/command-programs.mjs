// The two command lines, the Rust program and the executable of the npm package, and what they print.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { buffer, text } from "node:stream/consumers";

export const SECRET = "correct horse battery staple";
export const NOW = 1_700_000_000_000;

/** How each is started. */
export const PROGRAMS = {
  Rust: [join(process.env.MAMBO_REPOSITORY, "target/debug/mambo-webhooks")],
  Node: [process.execPath, resolve("node_modules/mambo-webhooks/dist/cli/main.js")],
};

/** A folder for a test file, and a function that writes files into it. */
export function workspace(name) {
  const folder = mkdtempSync(join(tmpdir(), `mambo-${name}-`));
  const file = (path, content) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    return path;
  };
  return { folder, file };
}

/** The environment of a command: no setting of the machine that runs the tests, and `undefined` for a variable to leave out. */
export function environment(given = {}) {
  const env = { PATH: process.env.PATH, MAMBO_SECRET: SECRET, ...given };
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

/** Runs a program; returns its exit code, and both outputs. Each has a minute. */
export async function run(program, args, { folder, input = "", env = {} }) {
  const [file, ...first] = PROGRAMS[program];
  const child = spawn(file, [...first, ...args], { cwd: folder, env: environment(env), timeout: 60_000 });
  // A command that is refused does not read its input.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code, signal]] = await Promise.all([buffer(child.stdout), buffer(child.stderr), once(child, "close")]);
  return { code: code ?? signal, stdout: stdout.toString("latin1"), stderr: stderr.toString("latin1") };
}

/** What both programs do alike; an assertion fails where they differ. Outputs are Latin-1, so that each byte counts. */
export async function alike(args, options) {
  const [rust, node] = await Promise.all([run("Rust", args, options), run("Node", args, options)]);
  assert.deepEqual(node, rust, `mambo-webhooks ${args.join(" ")}`);
  return rust;
}

/** The exit code of both programs, for arguments that each refuses in its own words. */
export async function codes(args, options) {
  const [rust, node] = await Promise.all([run("Rust", args, options), run("Node", args, options)]);
  return [rust.code, node.code];
}

/** Headers as a file has them. */
export const headerLines = (headers) => headers.map(([name, value]) => `${name}: ${value}\n`).join("");

/** Programs that were started and go on. */
const running = new Set();

/** Ends the programs that a failed test left. */
export function killAll() {
  for (const child of running) child.kill("SIGKILL");
}

function keep(child) {
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

/** Starts a listener, and waits for the address that it prints. */
export async function startListener(program, args, { folder, env = {} }) {
  const [file, ...first] = PROGRAMS[program];
  const child = keep(spawn(file, [...first, "listen", "127.0.0.1:0", ...args], { cwd: folder, env: environment(env) }));
  const printed = text(child.stdout);
  const problems = [];
  const closed = once(child, "close");
  const address = await new Promise((found, failed) => {
    closed.then(([code]) => failed(new Error(`the listener ended with ${code}: ${problems.join("\n")}`)), failed);
    createInterface(child.stderr).on("line", (line) => {
      const [, at] = /^listening on (.+)$/.exec(line) ?? [];
      if (at === undefined) problems.push(line);
      else found(at);
    });
  });
  /** Stops it; returns its exit code, and the lines that it printed. */
  const stop = async () => {
    child.kill("SIGTERM");
    const [code, signal] = await closed;
    return { code: code ?? signal, lines: (await printed).split("\n").slice(0, -1), problems };
  };
  return { address, url: `http://${address}/`, child, stop };
}

/** Starts a listener in a terminal, which has one output; Ctrl-C stops it. */
export async function startInTerminal(program, { folder, env }) {
  const words = `exec ${[...PROGRAMS[program], "listen", "127.0.0.1:0"].map((word) => `'${word}'`).join(" ")}`;
  const child = keep(spawn("script", ["-qefc", words, "/dev/null"], { cwd: folder, env: environment(env) }));
  let said = "";
  const url = await new Promise((found) =>
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const [, address] = /listening on (\S+)\r\n/.exec(said) ?? [];
      if (address !== undefined) found(`http://${address}/`);
    }),
  );
  const stop = async () => {
    child.stdin.write("\u0003");
    const [code] = await once(child, "close");
    return { code, said };
  };
  return { url, stop };
}
