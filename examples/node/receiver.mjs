// A receiver on node:http: MAMBO_SECRET=… node receiver.mjs [port]
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { createReceiver } from "mambo-webhooks";

const receiver = createReceiver({
  secret: process.env.MAMBO_SECRET ?? "",
  // The webhook is pinned to 8.0.3; this code wants the shape of 9.0.0.
  pinned: "8.0.3",
  wanted: "9.0.0",
  registry: readFileSync(process.env.MAMBO_REGISTRY ?? new URL("../registry/payload-9.0.0.json", import.meta.url), "utf8"),
});

const server = createServer(async (request, response) => {
  try {
    const { event, receivedVersion, deliveredVersion, applied } =
      receiver.receive({ headers: request.headers, body: await buffer(request) });
    console.log(JSON.stringify({ ok: true, kind: event.kind, data: event.data, receivedVersion, deliveredVersion, applied }));
    response.writeHead(204).end();
  } catch (error) {
    console.log(JSON.stringify({ ok: false, code: error.code, message: error.message }));
    response.writeHead(error.fault === "peer" ? 400 : 500).end(error.code);
  }
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
