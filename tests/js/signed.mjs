// What the tests of adapters send and receive with: a sample, its headers, and receivers that take it.
import { createReceiver } from "mambo-webhooks";
import { sampleDelivery, sign } from "mambo-webhooks/testing";

export const secret = "correct horse battery staple";
export const { body: ping } = sampleDelivery("Ping", { secret });
export const signed = (body = ping, now = Date.now()) => ({
  "content-type": "application/json",
  "x-mambo-signature": sign({ secret, body, now }),
});
export const receiver = (options) => createReceiver({ secret, ...options });
