// A congratulation by e-mail for each achievement: SMTP_URL=smtp://… MAMBO_SECRET=… node email/receiver.mjs [port]
import { createServer } from "node:http";
import { createReceiver, memoryReplayStore } from "mambo-webhooks";
import { nodeHandler } from "mambo-webhooks/node";
import { createTransport } from "nodemailer";
import { rewardsOf } from "../rewards.mjs";

/** What was mailed; in a database, where it has to outlive this process. */
const sent = new Set();
const mail = createTransport(process.env.SMTP_URL ?? "smtp://127.0.0.1:25");

const receiver = createReceiver({
  secret: process.env.MAMBO_SECRET ?? "",
  // A retry has a fresh signature, so by event. In memory, for one process: a store in Redis outlives it.
  replay: { store: memoryReplayStore(), by: "event" },
}).on("ActivityAwardedAdded", async ({ data }) => {
  if (typeof data?.uuid !== "string") return console.error("an event without a user");
  for (const { name, message } of rewardsOf(data, "achievement")) {
    // The same rewards may come with the next event of this activity, and with the retry of one that failed halfway.
    const mailed = `${data.id}/${data.uuid}/${name}`;
    if (sent.has(mailed)) continue;
    // When the mail server refuses, this throws, and 500 asks for another attempt.
    await mail.sendMail({
      from: "game@example.com",
      to: `${encodeURIComponent(data.uuid)}@example.com`, // ask your own directory
      subject: `You have earned ${name}`,
      text: message ?? "Well done!",
    });
    sent.add(mailed);
  }
});

const server = createServer(nodeHandler(receiver, { onError: console.error }));
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
