// Express: MAMBO_SECRET=… node servers/express.mjs [port]
import express from "express";
import { createReceiver } from "mambo-webhooks";
import { expressHandler } from "mambo-webhooks/express";

const receiver = createReceiver({ secret: process.env.MAMBO_SECRET ?? "" }).onAny(({ type, data }) => {
  console.log(JSON.stringify({ type, data }));
});

const app = express();
// Before any `express.json()`: the signature is over the bytes, not over what they mean.
app.post("/webhooks", expressHandler(receiver, { onError: console.error }));
app.use(express.json());

const server = app.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
