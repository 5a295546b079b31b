// Engagement as Prometheus metrics: MAMBO_SECRET=… node metrics/receiver.mjs [port], then scrape /metrics.
import { createServer } from "node:http";
import { createReceiver } from "mambo-webhooks";
import { nodeHandler } from "mambo-webhooks/node";
import { Counter, register } from "prom-client";

const events = new Counter({ name: "mambo_events_total", help: "Events by kind.", labelNames: ["kind"] });
const verbs = new Counter({ name: "mambo_activities_total", help: "Activities by behaviour.", labelNames: ["verb"] });
const refused = new Counter({ name: "mambo_refused_total", help: "Deliveries that were refused.", labelNames: ["code"] });

const receiver = createReceiver({ secret: process.env.MAMBO_SECRET ?? "" })
  // A kind that this release of the SDK does not know counts as one: labels must not grow with what comes in.
  .onAny(({ known, kind }) => events.inc({ kind: known ? kind : "unknown" }))
  .on("ActivityCreated", ({ data }) => verbs.inc({ verb: data.attrs?.verb ?? "none" }));
const webhooks = nodeHandler(receiver, { onError: ({ code = "handler_failed" }) => refused.inc({ code }) });

const server = createServer(async (request, response) => {
  if (request.method === "POST") return webhooks(request, response);
  response.writeHead(200, { "content-type": register.contentType }).end(await register.metrics());
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
