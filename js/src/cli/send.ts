// The command `send`: one signed test delivery to a URL.
import { randomUUID } from "node:crypto";
import type { Values } from "./arguments.ts";
import { jsonOf, Problem } from "./input.ts";
import { callCommand, howSigned, type Result } from "./run.ts";

const TIMEOUT_MS = 15_000;

/** Posts one delivery. The result is positive for a status of 2xx. */
export async function send(values: Values): Promise<Result> {
  const { type, id = randomUUID(), server, url } = values;
  const data = await jsonOf(values["data"] as string);
  const { json } = callCommand({ command: "request", type, id, server, data, how: await howSigned(values) });
  const { headers, body } = JSON.parse(json) as { headers: [string, string][]; body: string };
  const target = permitted(url as string);
  const start = performance.now();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(target, { method: "POST", headers, body, redirect: "manual", signal }).catch((thrown: unknown) => {
    const isLate = thrown instanceof Error && thrown.name === "TimeoutError";
    throw new Problem(`${target.href}: ${isLate ? "no answer within 15 s" : "no connection"}`);
  });
  const ms = Math.floor(performance.now() - start);
  await answer.body?.cancel();
  const { status } = answer;
  return { isYes: answer.ok, text: `${status} in ${ms} ms`, remarks: [], json: JSON.stringify({ ms, status }) };
}

/** Refuses a URL over which the payload could be read on the way. */
function permitted(url: string): URL {
  const read = URL.canParse(url) ? new URL(url) : undefined;
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(read?.hostname ?? "");
  if (read?.protocol === "https:" || (read?.protocol === "http:" && isHere)) return read;
  throw new Problem(`${url}: expected https, or http to this machine`);
}
