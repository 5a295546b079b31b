// Hono on Cloudflare Workers: `wrangler secret put MAMBO_SECRET`, then `wrangler deploy servers/worker.mjs`.
import { Hono } from "hono";
import { createReceiver } from "mambo-webhooks";
import { honoHandler } from "mambo-webhooks/hono";

const app = new Hono();
// Made by the first request, which brings the secret, and kept for as long as the isolate lives.
const makeReceiver = ({ env }) =>
  createReceiver({ secret: env.MAMBO_SECRET }).onAny(({ type, data }) => console.log(JSON.stringify({ type, data })));
app.post("/webhooks", honoHandler(makeReceiver, { onError: console.error }));

export default app;
