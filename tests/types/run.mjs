// The package's types and shape, on the installed package in the working folder: every compiler and resolution that
// users have, publint, and are-the-types-wrong. Prints one TAP line for each.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const repository = process.env.MAMBO_REPOSITORY;
const tools = join(repository, "js/node_modules");
for (const name of ["@types", "fastify", "hono"]) symlinkSync(join(tools, name), join("node_modules", name));

let count = 0;
let failures = 0;
function row(title, command, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", ...options });
  count += 1;
  failures += status === 0 ? 0 : 1;
  console.log(`${status === 0 ? "ok" : "not ok"} ${count} - ${title}`);
  if (status !== 0) for (const line of `${stdout}${stderr}`.trim().split("\n").slice(0, 40)) console.log(`  # ${line}`);
}

const compilers = { "TypeScript 7.0": join(tools, "typescript/bin/tsc"), "TypeScript 5.9": join(tools, "typescript5/bin/tsc") };
const resolutions = {
  node16: { module: "node16", moduleResolution: "node16" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "preserve", moduleResolution: "bundler" },
};
for (const [compiler, path] of Object.entries(compilers)) {
  for (const [name, resolution] of Object.entries(resolutions)) {
    const folder = `${name}-${compiler.at(-3)}`;
    mkdirSync(folder);
    // The frameworks' own declarations are not ours to check; ours are, in the file that uses no framework.
    for (const [files, skipLibCheck] of [
      [["../receiver.ts", "../common.cts", "../rehearse.ts"], false],
      [["../adapters.ts"], true],
    ]) {
      const compilerOptions = {
        target: "es2022",
        lib: ["es2022", "dom", "dom.iterable"],
        types: skipLibCheck ? ["node"] : [],
        strict: true,
        noEmit: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck,
        ...resolution,
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
      row(`${compiler}, ${name}: ${files.join(", ").replaceAll("../", "")}`, process.execPath, [path, "-p", folder]);
    }
  }
}

// The old resolution, which knows no exports: TypeScript 7 has it no more.
mkdirSync("node10");
const old = {
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable"],
  types: ["node"],
  module: "commonjs",
  moduleResolution: "node10",
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};
writeFileSync("node10/tsconfig.json", JSON.stringify({ compilerOptions: old, files: ["../node10.ts"] }));
row("TypeScript 5.9, node10: node10.ts", process.execPath, [compilers["TypeScript 5.9"], "-p", "node10"]);

// Without the names of browsers, as servers compile: no entry may need a library that they have not.
mkdirSync("server");
const server = {
  target: "es2022",
  lib: ["es2022"],
  types: ["node"],
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  noEmit: true,
  skipLibCheck: false,
};
writeFileSync("server/tsconfig.json", JSON.stringify({ compilerOptions: server, files: ["../server.ts"] }));
for (const [compiler, path] of Object.entries(compilers))
  row(`${compiler}, no library of browsers: server.ts`, process.execPath, [path, "-p", "server"]);

// The programs of the READMEs, as strictly as users compile.
const programs = ["README.md", "pkg/README.md"].flatMap((page) =>
  [...readFileSync(join(repository, page), "utf8").matchAll(/```ts\n([^]*?)```/g)].map(([, code], index) => [
    `${page.replace("/", "-")}-${index}.mts`,
    code,
  ]),
);
mkdirSync("readme");
for (const [name, code] of programs) writeFileSync(join("readme", name), code);
const readme = {
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable"],
  types: ["node"],
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
};
writeFileSync("readme/tsconfig.json", JSON.stringify({ compilerOptions: readme }));
for (const [compiler, path] of Object.entries(compilers)) {
  row(`${compiler}, strict: ${programs.length} programs of the READMEs`, process.execPath, [path, "-p", "readme"]);
}

const folder = join("node_modules", "mambo-webhooks");
row("publint, strictly", join(tools, ".bin/publint"), ["--strict", folder]);
// A JSON schema has no types, and no CommonJS host can require a .wasm file.
const { stdout } = spawnSync("npm", ["pack", "--silent"], { cwd: folder, encoding: "utf8" });
const excluded = ["--exclude-entrypoints", "./registry.schema.json", "./core.wasm"];
row("are the types wrong", join(tools, ".bin/attw"), [join(folder, stdout.trim()), "--profile", "node16", "--no-emoji", ...excluded]);
console.log(`# pass ${count - failures}\n# fail ${failures}`);
process.exitCode = failures === 0 ? 0 : 1;
