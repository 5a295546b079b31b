// The command `send`: one signed test delivery to a URL.
import { randomUUID } from "node:crypto";
import { request as overHttp, type IncomingMessage } from "node:http";
import { request as overHttps } from "node:https";
import type { Values } from "./arguments.ts";
import { jsonOf, Problem } from "./input.ts";
import { callCommand, howSigned, type Result } from "./run.ts";

const TIMEOUT_MS = 15_000;

/** Posts one delivery. The result is positive for a status of 2xx. */
export async function send(values: Values): Promise<Result> {
  const { type, id = randomUUID(), server } = values;
  const url = permitted(values["url"] as string);
  const data = await jsonOf(values["data"] as string);
  const { json } = callCommand({ command: "request", type, id, server, data, how: await howSigned(values) });
  const { headers, body } = JSON.parse(json) as { headers: [string, string][]; body: string };
  const start = performance.now();
  const status = await post(url, headers, body);
  const ms = Math.floor(performance.now() - start);
  return { isYes: status >= 200 && status < 300, text: `${status} in ${ms} ms`, remarks: [], json: JSON.stringify({ ms, status }) };
}

/** Posts, and returns the status. Redirects are not followed. Not with `fetch`, which refuses some ports, and URLs with a password. */
async function post(url: URL, headers: readonly [string, string][], body: string): Promise<number> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const options = { method: "POST", headers: Object.fromEntries(headers), signal };
  try {
    return await new Promise((resolve, reject) => {
      const answered = (answer: IncomingMessage): void => {
        resolve(answer.statusCode ?? 0);
        answer.destroy();
      };
      const posted = url.protocol === "https:" ? overHttps(url, options, answered) : overHttp(url, options, answered);
      posted.on("error", reject).end(body);
    });
  } catch {
    // The URL may hold a password, or a token in its path.
    throw new Problem(`${url.origin}: ${signal.aborted ? "no answer within 15 s" : "no connection"}`);
  }
}

/** Refuses a URL over which the payload could be read on the way. */
function permitted(url: string): URL {
  const read = URL.canParse(url) ? new URL(url) : undefined;
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(read?.hostname ?? "");
  if (read?.protocol === "https:" || (read?.protocol === "http:" && isHere)) return read;
  throw new Problem("--url: expected https, or http to this machine");
}
