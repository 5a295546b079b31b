// Bun: MAMBO_SECRET=… bun servers/bun.mjs [port]
import { createReceiver } from "mambo-webhooks";
import { fetchHandler } from "mambo-webhooks/fetch";

const receiver = createReceiver({ secret: process.env.MAMBO_SECRET ?? "" }).onAny(({ type, data }) => {
  console.log(JSON.stringify({ type, data }));
});

const fetch = fetchHandler(receiver, { onError: console.error });
const { port } = Bun.serve({ port: Number(process.argv[2] ?? 8080), hostname: "127.0.0.1", fetch });
console.error(`listening on ${port}`);
