// Vite's development server, with its pre-bundling of dependencies, and Chromium on it.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { open } from "./browser.mjs";

const { createServer } = await import(createRequire(join(process.env.MAMBO_REPOSITORY, "tests/bundlers/package.json")).resolve("vite"));
writeFileSync("vite.html", '<!doctype html><title>vite</title><script type="module" src="/browser-entry.mjs"></script>');
let settle;
const reported = new Promise((resolve) => {
  settle = resolve;
});
const listen = {
  name: "report",
  configureServer: ({ middlewares }) =>
    void middlewares.use(
      "/report",
      (request, response) =>
        void text(request)
          .then(settle)
          .then(() => response.end()),
    ),
};
const server = await createServer({
  root: process.cwd(),
  configFile: false,
  logLevel: "error",
  plugins: [listen],
  server: { host: "127.0.0.1", port: 0, watch: null },
});
await server.listen();
try {
  console.log(await open("chromium", `http://127.0.0.1:${server.httpServer.address().port}/vite.html`, reported));
} finally {
  await server.close();
}
