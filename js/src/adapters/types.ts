import type { Delivery } from "../types.ts";

/** What an adapter passes deliveries to: a receiver with handlers. */
export interface DeliveryTarget {
  /** `context` holds the arguments that the framework called the adapter with. */
  route(delivery: Delivery, context: readonly unknown[]): Promise<unknown>;
  /** Largest body that it looks at, in bytes. */
  readonly maxBodyBytes?: number;
}

/**
 * A receiver with handlers, or a function that makes it. The function is called with the arguments of the first delivery, such as a
 * Worker's `env`; what it throws is answered 500, and it is called again for the next delivery.
 */
export type DeliveryTargetSource<Context extends readonly any[] = any[]> =
  DeliveryTarget | ((...context: Context) => DeliveryTarget | Promise<DeliveryTarget>);

/** Settings of an adapter. */
export interface AdapterOptions {
  /**
   * Is told of every refusal and of what a handler throws; the answer does not wait for it. Default: `console.error`, for
   * failures that the peer did not cause.
   */
  readonly onError?: (thrown: unknown) => unknown;
  /** Largest body that is read, in bytes, compressed or not. Default: the receiver's. */
  readonly maxBodyBytes?: number;
}
