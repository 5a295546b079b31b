// A route of Next, on Node or, with `export const runtime = "edge"`, on the edge.
import { createReceiver } from "mambo-webhooks";
import { fetchHandler } from "mambo-webhooks/fetch";

let webhooks;

// The secret is there when the first request comes, and need not be when Next builds.
export function POST(request) {
  webhooks ??= fetchHandler(
    createReceiver({ secret: process.env.MAMBO_SECRET ?? "" }).onAny(({ kind, data }) => console.log(JSON.stringify({ kind, data }))),
    { onError: console.error },
  );
  return webhooks(request);
}
