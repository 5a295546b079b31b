// A PostgreSQL of the tests' own, on loopback, from Debian's package, which `cargo xtask test` installs.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** It refuses to run as root, so root runs it as the package's own user. */
function run(program, ...args) {
  const versions = readdirSync("/usr/lib/postgresql").sort((one, other) => Number(one) - Number(other));
  const path = join("/usr/lib/postgresql", versions.at(-1), "bin", program);
  const [command, ...words] = process.getuid() === 0 ? ["runuser", "-u", "postgres", "--", path] : [path];
  const { status } = spawnSync(command, [...words, ...args], { cwd: "/", stdio: "ignore" });
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}`);
}

/** Starts a cluster with an empty database. */
export async function cluster() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const folder = mkdtempSync(join(tmpdir(), "mambo-postgres-"));
  chmodSync(folder, 0o777);
  const data = join(folder, "data");
  const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories= `;
  const control = (verb) =>
    run(
      "pg_ctl",
      verb,
      "--wait",
      "--mode=immediate",
      "--silent",
      "-D",
      data,
      ...(verb === "start" ? ["-l", join(folder, "log"), "-o", options] : []),
    );
  run("initdb", "--auth=trust", "--username=mambo", "--encoding=UTF8", "--no-locale", "-D", data);
  control("start");
  const stop = () => {
    control("stop");
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `postgres://mambo@127.0.0.1:${port}/postgres`, control, stop };
}
