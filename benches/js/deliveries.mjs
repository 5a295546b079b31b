// Deliveries of a given size, of the kind of content that gamification events have, and how each peer wants them signed.
import { createHmac } from "node:crypto";

export const secret = "a secret of more than sixteen bytes";
export const SIZES = [200, 2_000, 20_000, 200_000, 1_000_000];

/** An activity with rewards, of so many bytes. */
export function body(bytes) {
  const data = { id: "65f0c0ffee0123456789abcd", uuid: "user-42", attrs: { type: "behaviour", verb: "read" }, awarded: [] };
  const event = { event: "ActivityCreated", id: "d290f1ee", version: "8.0.3", data };
  const fill = () => bytes - JSON.stringify(event).length;
  for (let number = 0; fill() > 200; number += 1) {
    data.awarded.push({
      id: `reward-${number}`,
      name: `Reward number ${number}`,
      points: number * 10,
      active: number % 2 === 0,
      message: "Well done, go on like this!",
    });
  }
  data.note = "";
  data.note = "x".repeat(Math.max(0, fill()));
  return JSON.stringify(event);
}

/** A delivery as our receivers, stripe's and others take it. */
export function delivery(text, seconds) {
  const hmac = (signed) => createHmac("sha256", secret).update(signed).digest();
  const signature = `t=${seconds},v1=${hmac(`${seconds}.${text}`).toString("hex")}`;
  return {
    text,
    bytes: Buffer.from(text),
    signature,
    headers: { host: "example.com", "content-type": "application/json", "x-mambo-signature": signature },
    standard: {
      "webhook-id": "msg_1",
      "webhook-timestamp": `${seconds}`,
      "webhook-signature": `v1,${hmac(`msg_1.${seconds}.${text}`).toString("base64")}`,
    },
    octokit: `sha256=${hmac(text).toString("hex")}`,
  };
}
