// A receiver on node:http: MAMBO_SECRET=… node receiver.mjs [port]
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createReceiver } from "mambo-webhooks";
import { nodeHandler } from "mambo-webhooks/node";

const receiver = createReceiver({
  secret: process.env.MAMBO_SECRET ?? "",
  // The webhook is pinned to 8.0.3; this code wants the shape of 9.0.0.
  pinned: "8.0.3",
  targetVersion: "9.0.0",
  registry: readFileSync(process.env.MAMBO_REGISTRY ?? new URL("../registry/payload-9.0.0.json", import.meta.url), "utf8"),
});

receiver.onAny(({ type, data }, { receivedVersion, deliveredVersion, applied }) => {
  console.log(JSON.stringify({ ok: true, type, data, receivedVersion, deliveredVersion, applied }));
});
const onError = ({ code, message }) => console.log(JSON.stringify({ ok: false, code, message }));

const server = createServer(nodeHandler(receiver, { onError }));
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
