// Saved deliveries, received as often as there are runs.
import { bodyBytes } from "../../body.ts";
import { headerLines } from "../../headers.ts";
import type { Receiver } from "../../receiver.ts";
import type { Delivery, JsonDocument, Received } from "../../types.ts";
import { signatureHeaders } from "../sign.ts";
import { watch, type Watched } from "./watch.ts";

/** Signs deliveries whose secret is not given. */
export const REHEARSAL_SECRET = "signs saved deliveries to a rehearsal, no more";

/** Receives a delivery. Each call returns a new event with new bytes, so no handler sees what another one changes. */
export type Receive = (receiver: Receiver) => Received;

/** Returns a function that receives a delivery as it was signed. */
export function receiveAsSigned({ headers, body }: Delivery): Receive {
  const bytes = new Uint8Array(bodyBytes(body));
  return (receiver) => receiver.receive({ headers, body: bytes.slice() });
}

/** Returns a function that receives a delivery as if it was signed at `now` with `REHEARSAL_SECRET`. */
export function receiveSignedAnew({ headers, body }: Delivery, now: number, profile: JsonDocument | undefined): Receive {
  const bytes = new Uint8Array(bodyBytes(body));
  const lines = headerLines(headers).split("\n");
  const others = lines.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, lines[index + 1] ?? ""]] : []));
  const options = { secret: REHEARSAL_SECRET, headers: Object.fromEntries(others), body: bytes, now };
  const signature = Object.entries(signatureHeaders(profile === undefined ? options : { ...options, profile }));
  const kept = others.filter(([name]) => !signature.some(([signed]) => signed.toLowerCase() === name));
  return (receiver) => receiver.receive({ headers: [...kept, ...signature], body: bytes.slice() });
}

/** Puts watched data in the place of a received event's data. */
export function watchReceived(received: Received): { readonly watched: Watched; readonly received: Received } {
  const watched = watch(received.event.data);
  const { json } = received;
  const visible = { enumerable: true, configurable: true, writable: true };
  Object.defineProperties(received, {
    event: { ...visible, value: { ...received.event, data: watched.data } },
    json: {
      configurable: true,
      get() {
        watched.readAll();
        return json;
      },
    },
  });
  return { watched, received };
}
