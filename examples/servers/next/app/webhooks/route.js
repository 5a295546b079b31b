// A route of Next, on Node or, with `export const runtime = "edge"`, on the edge.
import { createReceiver } from "mambo-webhooks";
import { fetchHandler } from "mambo-webhooks/fetch";

// Made by the first request: the secret need not be there when Next builds.
const makeReceiver = () =>
  createReceiver({ secret: process.env.MAMBO_SECRET }).onAny(({ type, data }) => console.log(JSON.stringify({ type, data })));

export const POST = fetchHandler(makeReceiver, { onError: console.error });
