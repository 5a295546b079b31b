// Deno: MAMBO_SECRET=… deno run --allow-net --allow-env servers/deno.mjs [port]
import { createReceiver } from "mambo-webhooks";
import { fetchHandler } from "mambo-webhooks/fetch";

const receiver = createReceiver({ secret: Deno.env.get("MAMBO_SECRET") ?? "" }).onAny(({ type, data }) => {
  console.log(JSON.stringify({ type, data }));
});

const onListen = ({ port }) => console.error(`listening on ${port}`);
Deno.serve({ port: Number(Deno.args[0] ?? 8080), hostname: "127.0.0.1", onListen }, fetchHandler(receiver, { onError: console.error }));
