// How large an entry is in a bundle. Prints JSON when it is run.
import { createRequire } from "node:module";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { fileURLToPath, pathToFileURL } from "node:url";

const { build } = createRequire(process.env.MAMBO_TOOLS)("esbuild");

/** Bytes of everything that a package's entry brings along, bundled and minified. */
export async function size(specifier) {
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(specifier)}`, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    write: false,
    logLevel: "error",
  });
  const [{ contents }] = outputFiles;
  return { raw: contents.length, gzip: gzipSync(contents, { level: 9 }).length, brotli: brotliCompressSync(contents).length };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(JSON.stringify(await size(process.env.MAMBO_ENTRY)));
