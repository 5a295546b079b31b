// Runs rows of a table, each a program that prints what the suite found, and keeps what came of them.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The version of a program, as it says itself. */
export function version(program) {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return stdout?.match(/\d+\.\d+\.\d+/)?.[0] ?? "unknown";
}

/** Prints one TAP line for each row, and writes tests/results/NAME.json for the tables in the documentation. */
export function record(name, rows) {
  const results = [];
  for (const { runtime, version, how, program, args, cwd } of rows) {
    const { stdout, stderr, status } = spawnSync(program, args, { encoding: "utf8", timeout: 240_000, cwd });
    let found;
    try {
      found = JSON.parse(stdout.trim().split("\n").at(-1));
    } catch {
      found = { passed: 0, failed: [`no answer, ended with ${status}: ${stdout}${stderr}`] };
    }
    const ok = found.failed.length === 0 && found.passed > 100;
    results.push({ runtime, version, how, answers: found.passed, ok });
    console.log(`${ok ? "ok" : "not ok"} ${results.length} - ${runtime} ${version}, ${how}: ${found.passed} answers`);
    for (const problem of found.failed.slice(0, 5)) console.log(`  # ${problem.slice(0, 2000).replaceAll("\n", "\n  # ")}`);
  }
  const failures = results.filter(({ ok }) => !ok).length;
  const folder = join(process.env.MAMBO_REPOSITORY, "tests/results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(results));
  console.log(`# pass ${results.length - failures}\n# fail ${failures}`);
  process.exitCode = failures === 0 ? 0 : 1;
}
