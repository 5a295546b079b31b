// What the examples are tried in: they run as their first line says, and the sender of this repository delivers to them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after } from "node:test";

export const repository = process.env.MAMBO_REPOSITORY;
export const examples = join(repository, "examples");
export const secret = "correct horse battery staple";
export const folder = mkdtempSync(join(tmpdir(), "mambo-examples-"));
const program = join(repository, "target/debug/mambo-webhooks");
const running = [];

after(async () => {
  for (const child of running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Starts an example and waits until it says its port; hands back that and the lines that it prints. */
export async function start(command, args, env = {}) {
  const child = spawn(command, args, {
    cwd: examples,
    env: { ...process.env, MAMBO_SECRET: secret, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const [lines, errors] = [[], []];
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  const port = await new Promise((resolve, reject) => {
    createInterface(child.stderr).on("line", (line) => {
      errors.push(line);
      const [, found] = /^listening on (\d+)$/.exec(line) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
    child.once("exit", () => reject(new Error(`${args[0]} did not start: ${errors.join("\n")}`)));
  });
  return { child, port, lines, errors };
}

/** An example in Node. */
export const node = (script, env) => start(process.execPath, [script, "0"], env);

/** A sender with a fresh store and one endpoint, to which it has sent a Ping that was answered `ping`. */
export async function senderTo(url, options = [], store = join(mkdtempSync(join(folder, "store-")), "store.db")) {
  const env = { ...process.env, MAMBO_SECRET: secret, MAMBO_STORE: store, MAMBO_SERVER: "9.0.0" };
  const run = async (words, input) => {
    // Not waited for in one go: what it delivers to may be in this very process.
    // A command that reads nothing may have ended before anything was written to it.
    const child = spawn(program, words, { env, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
    child.stdin?.end(input);
    const [printed, problem, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    if (status !== 0) throw new Error(`${words.join(" ")}: ${problem}`);
    return printed;
  };
  const log = async () => JSON.parse(await run(["--json", "log"]));
  let seen = 0;
  /** One more attempt: a retry is due a second or more after the attempt before it. */
  const due = async () => {
    for (let wait = 0; wait < 50; wait += 1) {
      await run(["worker", "--once", "--schedule", "1,1,1", "--allow", "127.0.0.0/8"]);
      const lines = await log();
      if (lines.length > seen) {
        seen = lines.length;
        return lines[0].status;
      }
      await new Promise((wake) => setTimeout(wake, 100));
    }
    throw new Error("nothing became due");
  };
  await run(["endpoint", "add", "example", url, ...options, "--allow", "127.0.0.0/8"]);
  return {
    ping: await due(),
    /** Sends an event and delivers it; hands back the status that the example answered. */
    async deliver(type, data) {
      await run(["send", "--type", type], JSON.stringify(data));
      return due();
    },
    /** The retry of an attempt that failed. */
    retry: due,
    /** Delivers the last event once more, with a fresh signature. */
    async again() {
      await run(["retry", "--delivery", `${(await log())[0].delivery}`]);
      return due();
    },
  };
}

/** Waits until `is` says so: what a process prints takes its time. */
export async function until(is) {
  for (let wait = 0; !is(); wait += 1) {
    if (wait === 250) throw new Error("waited in vain");
    await new Promise((wake) => setTimeout(wake, 20));
  }
}
