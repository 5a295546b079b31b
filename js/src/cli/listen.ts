// The command `listen`: a receiver that prints and saves what comes in.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MAX_BODY_BYTES } from "../limits.ts";
import { addressOf, type Values } from "./arguments.ts";
import { Problem, systemSentence, textOf } from "./input.ts";
import { callCommand } from "./run.ts";
import { openFolder } from "./save.ts";
import { colour, type Terminal } from "./terminal.ts";

/** A sender that is slower is answered 408. Between requests its connection may stay open for a while. */
const REQUEST_TIMEOUT_MS = 30_000;

/** How long requests under way may take to end once the process is told to stop. */
const STOP_TIMEOUT_MS = 5_000;

/** What came of a delivery, as the core says it. */
interface Taken {
  readonly word: string;
  readonly status: number;
  readonly json: object;
}

/** Listens until the process is told to stop. */
export async function listen(values: Values, isJson: boolean, terminal: Terminal): Promise<void> {
  const { encoding, profile: file, save } = values;
  const secret = process.env["MAMBO_SECRET"];
  const profile = file === undefined ? undefined : await textOf(file as string);
  const receive = (headers: string, body: Uint8Array): ReturnType<typeof callCommand> =>
    callCommand({ command: "receive", how: secret ? { headers, profile, encoding, secret, now: Date.now() } : null }, body);
  const folder = save === undefined ? undefined : await openFolder(save as string);
  // A secret or profile that cannot be used is reported here, not at the first delivery.
  receive("", new Uint8Array());
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== "POST") return answer(response, 405, "", { allow: "POST" });
    const body = await bodyOf(request);
    if (body === "incomplete") return;
    if (body === "too large") return answer(response, 413, "body_too_large");
    const headers = headerText(request.rawHeaders);
    const { isYes, text, json } = receive(headers, body);
    const taken = JSON.parse(json) as Taken;
    await folder?.save(taken.word, headers, body);
    terminal.stdout.write(isJson ? `${JSON.stringify(taken.json)}\n` : `${colour(terminal, taken.word, isYes)} ${text}\n`);
    answer(response, taken.status, isYes ? "" : taken.word);
  };
  const limits = { requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000 };
  const server = createServer(limits, (request, response) => {
    take(request, response).catch((thrown: unknown) => {
      terminal.stderr.write(`mambo-webhooks: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
      answer(response, 500);
    });
  });
  await start(server, values["address"] as string);
  const { address, port } = server.address() as AddressInfo;
  terminal.stderr.write(`listening on ${address.includes(":") ? `[${address}]` : address}:${port}\n`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS).unref();
}

async function start(server: ReturnType<typeof createServer>, text: string): Promise<void> {
  server.listen(addressOf(text));
  try {
    await once(server, "listening");
  } catch (thrown) {
    throw new Problem(`${text}: ${systemSentence(thrown)}`);
  }
}

/** The body, byte for byte. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | "too large" | "incomplete"> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) return discarded(request);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) return discarded(request);
      chunks.push(chunk);
    }
  } catch {
    // The sender went away, or was too slow.
    return "incomplete";
  }
  return Buffer.concat(chunks);
}

/** Reads the rest and drops it, so that a sender that is still writing can read the answer. */
function discarded(request: IncomingMessage): "too large" {
  setImmediate(() => request.resume());
  return "too large";
}

/** Headers as they came: their order, and the case of their names. Node hands over bytes as Latin-1. */
function headerText(raw: readonly string[]): string {
  const lines = raw.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${raw[index + 1]}\n`] : []));
  return Buffer.from(lines.join(""), "latin1").toString();
}

function answer(response: ServerResponse, status: number, text = "", headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end(text);
}
