// The command `listen`: a receiver that prints and saves what comes in.
import { once } from "node:events";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { MAX_BODY_BYTES } from "../limits.ts";
import type { Values } from "./arguments.ts";
import { Problem, systemSentence } from "./input.ts";
import { callCommand, howSigned } from "./run.ts";
import { colour, type Terminal } from "./terminal.ts";

/** What came of a delivery, as the core says it. */
interface Taken {
  readonly word: string;
  readonly status: number;
  readonly json: object;
}

/** Listens until the process is told to stop. */
export async function listen(values: Values, isJson: boolean, terminal: Terminal): Promise<void> {
  const hasSecret = Boolean(process.env["MAMBO_SECRET"]);
  const how = async (): Promise<object | null> => (hasSecret ? howSigned(values) : null);
  // A secret or profile that cannot be used is reported here, not at the first delivery.
  callCommand({ command: "receive", how: hasSecret ? { ...(await how()), headers: "" } : null });
  const folder = values["save"] === undefined ? undefined : await openFolder(values["save"] as string);
  const server = createServer((request, response) => {
    take(request, response).catch((thrown: unknown) => {
      terminal.stderr.write(`mambo-webhooks: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
      answer(response, 500);
    });
  });
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== "POST") return answer(response, 405);
    const body = await bodyOf(request);
    if (body === undefined) return answer(response, 413, "body_too_large");
    const headers = headerText(request.rawHeaders);
    const signed = await how();
    const { isYes, text, json } = callCommand({ command: "receive", how: signed && { ...signed, headers } }, body);
    const taken = JSON.parse(json) as Taken;
    await folder?.save(taken.word, headers, body);
    terminal.stdout.write(isJson ? `${JSON.stringify(taken.json)}\n` : `${colour(terminal, taken.word, isYes)} ${text}\n`);
    answer(response, taken.status, isYes ? "" : taken.word);
  };
  await start(server, values["address"] as string);
  const { address, port } = server.address() as AddressInfo;
  terminal.stderr.write(`listening on ${address.includes(":") ? `[${address}]` : address}:${port}\n`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  server.close();
  server.closeIdleConnections();
}

async function start(server: ReturnType<typeof createServer>, text: string): Promise<void> {
  const [, host, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (host === undefined) throw new Problem(`${text}: expected an address such as 127.0.0.1:8080`);
  server.listen(Number(port), host.replace(/^\[|\]$/g, ""));
  await Promise.race([
    once(server, "listening"),
    once(server, "error").then(([error]) => {
      throw new Problem(systemSentence(error));
    }),
  ]);
}

/** The body, byte for byte; undefined for one over the limit. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}

/** Headers as they came: their order, and the case of their names. */
function headerText(raw: readonly string[]): string {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${raw[index + 1]}\n`] : [])).join("");
}

function answer(response: ServerResponse, status: number, text = ""): void {
  response.writeHead(status).end(text);
}

interface Folder {
  save(word: string, headers: string, body: Uint8Array): Promise<void>;
}

/** Makes the folder if it is not there. Deliveries that it holds are kept. */
async function openFolder(path: string): Promise<Folder> {
  await mkdir(path, { recursive: true });
  const numbers = (await readdir(path)).map((name) => Number.parseInt(name, 10)).filter(Number.isFinite);
  let count = Math.max(0, ...numbers);
  return {
    async save(word, headers, body) {
      count += 1;
      const folder = join(path, `${String(count).padStart(4, "0")}-${word.replaceAll(/[^\w]/g, "")}`);
      await mkdir(folder);
      await writeFile(join(folder, "headers"), headers);
      await writeFile(join(folder, "body"), body);
    },
  };
}
