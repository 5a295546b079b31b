// A congratulation by e-mail for each achievement: SMTP_URL=smtp://… MAMBO_SECRET=… node email/receiver.mjs [port]
import { createServer } from "node:http";
import { createReceiver, memoryReplayStore } from "mambo-webhooks";
import { nodeHandler } from "mambo-webhooks/node";
import { createTransport } from "nodemailer";
import { rewardsOf } from "../rewards.mjs";

const mail = createTransport(process.env.SMTP_URL ?? "smtp://127.0.0.1:25");

const receiver = createReceiver({
  secret: process.env.MAMBO_SECRET ?? "",
  // A retry has a signature of its own: by event, so that nobody is congratulated twice.
  replay: { store: memoryReplayStore(), by: "event" },
}).on("ActivityAwardedAdded", async ({ data }) => {
  for (const { name, message } of rewardsOf(data, "achievement")) {
    // When the mail server refuses, this throws, Mambo is answered 500, and it tries again.
    await mail.sendMail({
      from: "game@example.com",
      to: `${encodeURIComponent(data.uuid)}@example.com`, // ask your own directory
      subject: `You have earned ${name}`,
      text: message ?? "Well done!",
    });
  }
});

const server = createServer(nodeHandler(receiver, { onError: console.error }));
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
