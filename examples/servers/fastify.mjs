// Fastify: MAMBO_SECRET=… node servers/fastify.mjs [port]
import Fastify from "fastify";
import { createReceiver } from "mambo-webhooks";
import { fastifyWebhooks } from "mambo-webhooks/fastify";

const receiver = createReceiver({ secret: process.env.MAMBO_SECRET ?? "" }).onAny(({ type, data }) => {
  console.log(JSON.stringify({ type, data }));
});

const app = Fastify();
// The plugin's body parsers are its alone; those of your other routes stay as they are.
app.register(fastifyWebhooks, { receiver, url: "/webhooks", onError: console.error });

await app.listen({ port: Number(process.argv[2] ?? 8080), host: "127.0.0.1" });
console.error(`listening on ${app.server.address().port}`);
