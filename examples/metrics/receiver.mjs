// Engagement as Prometheus metrics: MAMBO_SECRET=… BEHAVIOURS=read,share node metrics/receiver.mjs [port], then scrape
// /metrics.
import { createServer } from "node:http";
import { createReceiver, memoryReplayStore } from "mambo-webhooks";
import { nodeHandler } from "mambo-webhooks/node";
import { Counter, register } from "prom-client";

const events = new Counter({ name: "mambo_events_total", help: "Events by type.", labelNames: ["type"] });
const verbs = new Counter({ name: "mambo_activities_total", help: "Activities by behaviour.", labelNames: ["verb"] });
const refused = new Counter({ name: "mambo_refused_total", help: "Deliveries that were not taken.", labelNames: ["code"] });

// Labels must not grow with what comes in: event types that this release of the SDK does not know count as one, and so does any
// behaviour that is not listed here.
const BEHAVIOURS = new Set((process.env.BEHAVIOURS ?? "").split(","));

// A retry must not count twice.
const receiver = createReceiver({ secret: process.env.MAMBO_SECRET ?? "", replay: { store: memoryReplayStore(), by: "event" } })
  .onAny(({ known, type }) => events.inc({ type: known ? type : "unknown" }))
  .on("ActivityCreated", ({ data }) => {
    const verb = data?.attrs?.verb;
    verbs.inc({ verb: BEHAVIOURS.has(verb) ? verb : "other" });
  });
const onError = (error) => {
  refused.inc({ code: error.code ?? "handler_failed" });
  console.error(error);
};
const webhooks = nodeHandler(receiver, { onError });

const server = createServer(async (request, response) => {
  if (request.method === "POST") return webhooks(request, response);
  response.writeHead(200, { "content-type": register.contentType }).end(await register.metrics());
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
