// Verifies in Cloudflare's workerd as often as it is asked to. The caller measures the time, since the clock stands still in here.
import { createReceiver } from "mambo-webhooks";
import { verifying } from "./contestants.mjs";
import { SIZES, body, delivery } from "./deliveries.mjs";

let contestants;

/** Made in the first request: outside of one, workerd has no time, no randomness and no keys. */
async function prepare(seconds) {
  const of = await verifying(createReceiver, seconds, true);
  return Object.fromEntries(SIZES.map((bytes) => [bytes, of(delivery(body(bytes), seconds))]));
}

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const [bytes, name, calls, seconds] = ["bytes", "name", "calls", "seconds"].map((each) => searchParams.get(each));
    contestants ??= await prepare(Number(seconds));
    const act = contestants[bytes][name];
    if (act === undefined) return Response.json(Object.keys(contestants[bytes]));
    if (act.constructor.name === "AsyncFunction") for (let call = 0; call < Number(calls); call += 1) await act();
    else for (let call = 0; call < Number(calls); call += 1) act();
    return Response.json("done");
  },
};
