// A ping, a receiver that takes it, and what a refusal says.
import { WebhookError, createReceiver } from "mambo-webhooks";
import { sign } from "mambo-webhooks/testing";

export const secret = "correct horse battery staple";
export const body = '{"event":"Ping","data":{"message":"ping"}}';
export const receiver = createReceiver({ secret });
export const headers = () => ({ "x-mambo-signature": sign({ secret, body }) });

export function refusal(act) {
  try {
    act();
  } catch (error) {
    return [WebhookError.is(error), error.code, error.fault, error.message];
  }
  return "accepted";
}
