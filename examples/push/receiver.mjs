// A push notification for each mission that is completed:
// VAPID_PUBLIC=… VAPID_PRIVATE=… SUBSCRIPTIONS=subscriptions.json MAMBO_SECRET=… node push/receiver.mjs [port]
// `npx web-push generate-vapid-keys` makes the keys; subscriptions.json maps a user's uuid to what the browser's
// `pushManager.subscribe` gave.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createReceiver, memoryReplayStore } from "mambo-webhooks";
import { nodeHandler } from "mambo-webhooks/node";
import webpush from "web-push";
import { rewardsOf } from "../rewards.mjs";

webpush.setVapidDetails("mailto:game@example.com", process.env.VAPID_PUBLIC, process.env.VAPID_PRIVATE);
const subscriptions = new Map(Object.entries(JSON.parse(readFileSync(process.env.SUBSCRIPTIONS, "utf8"))));

const receiver = createReceiver({
  secret: process.env.MAMBO_SECRET ?? "",
  replay: { store: memoryReplayStore(), by: "event" },
}).on("ActivityAwardedAdded", async ({ data }) => {
  const subscription = subscriptions.get(data?.uuid);
  if (subscription === undefined) return;
  for (const { name } of rewardsOf(data, "mission")) {
    try {
      await webpush.sendNotification(subscription, JSON.stringify({ title: "Mission completed", body: name }));
    } catch (error) {
      // The browser withdrew its subscription: trying again would not help.
      if (error.statusCode !== 404 && error.statusCode !== 410) throw error;
      subscriptions.delete(data.uuid);
    }
  }
});

const server = createServer(nodeHandler(receiver, { onError: console.error }));
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
