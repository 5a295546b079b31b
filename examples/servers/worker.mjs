// Hono on Cloudflare Workers: `wrangler secret put MAMBO_SECRET`, then `wrangler deploy servers/worker.mjs`.
import { Hono } from "hono";
import { createReceiver } from "mambo-webhooks";
import { honoHandler } from "mambo-webhooks/hono";

let webhooks;
const app = new Hono();
// Made with the first request, which brings the secret, and kept for as long as the isolate lives.
app.post("/webhooks", (context) => {
  webhooks ??= honoHandler(
    createReceiver({ secret: context.env.MAMBO_SECRET }).onAny(({ kind, data }) => console.log(JSON.stringify({ kind, data }))),
    { onError: console.error },
  );
  return webhooks(context);
});

export default app;
