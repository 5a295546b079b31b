// The page as one file: script and style are inside it, and its policy names them by their hashes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const repository = join(folder, "../..");
const target = join(repository, "target/debugger");
const esbuild = createRequire(join(repository, "js/package.json"))("esbuild");

const { outputFiles } = await esbuild.build({
  entryPoints: [join(folder, "main.js")],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  write: false,
  logLevel: "warning",
});
// A script ends where its end tag stands, be it inside a text.
const script = outputFiles[0].text.replaceAll("</script", "<\\/script");
const look = join(repository, "src/bin/mambo-webhooks/status/look.css");
const style = [look, join(folder, "style.css")].map((path) => readFileSync(path, "utf8")).join("\n");
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)} 'wasm-unsafe-eval'`,
  `style-src ${hash(style)}`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "trusted-types 'none'",
  "require-trusted-types-for 'script'",
].join("; ");
const page = readFileSync(join(folder, "index.html"), "utf8")
  .replace("<meta charset", () => `<meta http-equiv="content-security-policy" content="${policy}">\n<meta charset`)
  .replace("</head>", () => `<style>${style}</style>\n</head>`)
  .replace("</body>", () => `<script>${script}</script>\n</body>`);
mkdirSync(target, { recursive: true });
writeFileSync(join(target, "index.html"), page);
