// Which functions of the core a process needs that receives webhooks: those that run when it does.
import { initSync, createReceiver } from "../entry/slim.ts";
import type { Delivery } from "../types.ts";
import { watched } from "./split.ts";

/** The functions that ran, counted without imported ones: for a first delivery, and then for all else that a receiver does. */
export async function ran(module: Uint8Array): Promise<readonly Set<number>[]> {
  const { bytes, at, count } = watched(module);
  const memory = startWatching(bytes);
  const marked = (): Set<number> => {
    const marks = new Uint8Array(memory.buffer, at, count);
    return new Set(Array.from(marks.keys()).filter((index) => marks[index] === 1));
  };
  const { verify } = createReceiver({ secret });
  verify(await signed('{"message":"ping"}'));
  const first = marked();
  await receive();
  return [first, marked()];
}

const secret = "correct horse battery staple";

async function signed(body: string): Promise<Delivery> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const seconds = Math.floor(Date.now() / 1000);
  const tag = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(`${seconds}.${body}`)));
  const signature = Array.from(tag, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { headers: { "x-mambo-signature": `t=${seconds},v1=${signature}` }, body };
}

/** Starts the core, and finds its memory, which it shows to nobody. */
function startWatching(bytes: Uint8Array): WebAssembly.Memory {
  const { Instance } = WebAssembly;
  let memory: WebAssembly.Memory | undefined;
  WebAssembly.Instance = class extends Instance {
    constructor(...given: ConstructorParameters<typeof Instance>) {
      super(...given);
      memory = this.exports["memory"] as WebAssembly.Memory;
    }
  };
  initSync(bytes);
  WebAssembly.Instance = Instance;
  if (memory === undefined) throw new Error("the core has no memory");
  return memory;
}

/** What a receiver does with what is well: small and large bodies, each way to ask, every key. */
async function receive(): Promise<void> {
  const keys = [{ id: "old", secret: `${secret} once` }, { id: "new", secret }];
  for (const options of [{ secret }, { keys }, { secret, pinned: "8.0.3", mac: "core" as const }]) {
    const receiver = createReceiver(options);
    for (const text of ["x".repeat(10), "x".repeat(40_000)]) {
      for (const data of [{ message: text }, { uuid: "42", when: "\u00e9", list: [1, { a: null }] }]) {
        const delivery = await signed(JSON.stringify({ event: "Ping", id: "e-1", timestamp: 1_700_000_000, data, more: [text] }));
        const { replayKey } = receiver.verify(delivery);
        const found = receiver.receive(delivery);
        if (found.replayKey !== replayKey || found.eventKey.length === 0) throw new Error("the core does not receive");
      }
    }
  }
}
