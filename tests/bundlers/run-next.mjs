// Next: builds the app in next/ with one of its bundlers, starts it, asks a route: node run-next.mjs turbopack|webpack ROUTE
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [bundler, route] = process.argv.slice(2);
const modules = join(process.env.MAMBO_REPOSITORY, "tests/bundlers/node_modules");
const next = createRequire(join(modules, "next/package.json")).resolve("./dist/bin/next");
const app = join(process.cwd(), `next-${bundler}`);
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", CI: "1" };
if (!existsSync(join(app, ".next/BUILD_ID"))) {
  cpSync("next", app, { recursive: true });
  // With webpack, Next 16.4 fails to build any edge route of its app folder, one without an import too.
  if (bundler === "webpack") rmSync(join(app, "app/edge"), { recursive: true });
  for (const name of ["suite.mjs", "vectors.mjs"]) cpSync(name, join(app, name));
  mkdirSync(join(app, "node_modules"), { recursive: true });
  for (const name of ["next", "react", "react-dom"]) symlinkSync(join(modules, name), join(app, "node_modules", name));
  cpSync("node_modules/mambo-webhooks", join(app, "node_modules/mambo-webhooks"), { recursive: true });
  const { status, stdout, stderr } = spawnSync(process.execPath, [next, "build", `--${bundler}`], { cwd: app, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${dirname(next)} build: ${stdout}${stderr}`);
}
const server = spawn(process.execPath, [next, "start", "--port", "0", "--hostname", "127.0.0.1"], {
  cwd: app,
  env,
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  for await (const line of createInterface(server.stdout)) {
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    const answer = await fetch(`http://127.0.0.1:${port}/${route}`);
    console.log(await answer.text());
    break;
  }
} finally {
  server.kill("SIGKILL");
  await once(server, "exit");
}
