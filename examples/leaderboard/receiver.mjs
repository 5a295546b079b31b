// A leaderboard that moves while you look at it: MAMBO_SECRET=… node leaderboard/receiver.mjs [port], then open the page.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createReceiver, memoryReplayStore } from "mambo-webhooks";
import { nodeHandler } from "mambo-webhooks/node";

const page = readFileSync(new URL("page.html", import.meta.url));
const points = new Map();
const watchers = new Set();
const ranking = () => JSON.stringify([...points].sort(([, one], [, other]) => other - one).slice(0, 10));
const show = (to) => to.write(`data: ${ranking()}\n\n`);

const receiver = createReceiver({
  secret: process.env.MAMBO_SECRET ?? "",
  // Points are added up, so the same event must not count twice.
  replay: { store: memoryReplayStore(), by: "event" },
}).on("ActivityCreated", ({ data }) => {
  // Where points are is assumed: look at one delivery of yours. Kept in memory, they are gone with this process.
  if (typeof data?.uuid !== "string" || !Number.isFinite(data.points)) return console.error("an activity without points");
  points.set(data.uuid, (points.get(data.uuid) ?? 0) + data.points);
  watchers.forEach(show);
});
const webhooks = nodeHandler(receiver, { onError: console.error });

const server = createServer((request, response) => {
  if (request.method === "POST") return webhooks(request, response);
  if (request.url === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    watchers.add(response);
    request.on("close", () => watchers.delete(response));
    return show(response);
  }
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
