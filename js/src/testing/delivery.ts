import { signatureHeaders, type ProfileOptions } from "./sign.ts";
import { sample, type Sample } from "./samples.ts";
import type { KnownEventType } from "../types.ts";

/** What a delivery is to be like. */
export interface SampleOptions extends Sample, ProfileOptions {
  /** The secret, as text. An environment variable that is not set is refused as `secret_empty`. */
  readonly secret: string | undefined;
  /** The time of signing in milliseconds since 1970. Default: now. */
  readonly now?: number;
}

/** A signed delivery, as a server would find it. */
export interface SampleDelivery {
  /** The content type, the headers of the options, and those that signing adds. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, as text. */
  readonly body: string;
}

/**
 * A signed delivery of a sample event, of any event type.
 * @example
 * receiver.receive(sampleDelivery("ActivityCreated", { secret, data: { uuid: "user-7" } }));
 */
export function sampleDelivery(type: KnownEventType | (string & {}), options: SampleOptions): SampleDelivery {
  const body = sample(type, options);
  const signed = signatureHeaders({ ...options, body });
  return { headers: { "content-type": "application/json", ...options.headers, ...signed }, body };
}
