// A process whose core can be denied room for another instance, and what is received in it. For tests in files of their own,
// since each of them wants a core that has called nothing else.
import { createHmac } from "node:crypto";

export const room = { isFull: false };
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    if (room.isFull) throw new RangeError("no room");
    super(...given);
  }
};
export const { createReceiver } = await import("mambo-webhooks");

export const secret = "correct horse battery staple";
export const body = '{"event":"Ping","data":{"message":"ping"}}';

export function delivery() {
  const seconds = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return { headers: { "x-mambo-signature": `t=${seconds},v1=${signature}` }, body };
}

/** What is thrown where there is no room. */
export const starting = { code: "core_trapped", fault: "library", message: "the core could not be started", cause: new RangeError("no room") };
