// A real browser without a driver: it opens a page of ours on loopback, and the page posts what it found.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { text } from "node:stream/consumers";

/** As strict as WebAssembly allows: no inline script, no eval, nothing from elsewhere. */
export const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** How each browser is started, with a new profile in `folder`. */
const BROWSERS = {
  chromium: [
    "/usr/bin/chromium",
    (folder) => [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
      `--user-data-dir=${folder}`,
    ],
  ],
  firefox: ["/usr/bin/firefox-esr", (folder) => ["--headless", "--no-remote", "--profile", folder]],
};

/** The program of a browser. */
export const programOf = (browser) => BROWSERS[browser][0];

/** Serves a folder with a strict policy, or hands requests to `proxy`. */
export function serve(root, onReport, csp = CSP) {
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (request.method === "POST") {
      onReport(await text(request));
      return response.end();
    }
    try {
      // normalize takes away every .. of an absolute path.
      const body = readFileSync(join(root, normalize(pathname)));
      response.writeHead(200, {
        "content-type": TYPES[extname(pathname)] ?? "application/octet-stream",
        ...(csp && { "content-security-policy": csp }),
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
}

/** Opens `url` in a new instance of a browser until `report` is settled, for at most a minute. */
export async function open(browser, url, report) {
  const [program, options] = BROWSERS[browser];
  const profile = mkdtempSync(join(tmpdir(), "mambo-browser-"));
  const child = spawn(program, [...options(profile), url], { stdio: "ignore", detached: true });
  const ended = once(child, "exit");
  const timer = setTimeout(() => stop(child), 60_000);
  try {
    return await Promise.race([
      report,
      ended.then(([code]) => {
        throw new Error(`${browser} ended with ${code} before the page reported`);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    stop(child);
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** The browser and its own children, which are in its group. */
function stop(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It had ended.
  }
}

/** Opens a page of `root` and hands back what it posts. */
export async function report(browser, root, page, csp) {
  let settle;
  const reported = new Promise((resolve) => {
    settle = resolve;
  });
  const server = serve(root, settle, csp).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await open(browser, `http://127.0.0.1:${server.address().port}/${page}`, reported);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
