// Bun: MAMBO_SECRET=… bun servers/bun.mjs [port]
import { createReceiver } from "mambo-webhooks";
import { fetchHandler } from "mambo-webhooks/fetch";

const receiver = createReceiver({ secret: process.env.MAMBO_SECRET ?? "" }).onAny(({ kind, data }) => {
  console.log(JSON.stringify({ kind, data }));
});

const fetch = fetchHandler(receiver, { onError: console.error });
const { port } = Bun.serve({ port: Number(process.argv[2] ?? 8080), hostname: "127.0.0.1", fetch });
console.error(`listening on ${port}`);
