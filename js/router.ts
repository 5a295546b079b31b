import type { Receiver } from "./receiver.ts";
import type { Delivery, EventData, KnownEvent, KnownKind, Received, UnknownEvent, WebhookEvent } from "./types.ts";

/** Handles an event; may be asynchronous. */
export type Handler<Event> = (event: Event, received: Received) => unknown;

/** An event of one known kind. */
export type EventOf<Kind extends KnownKind> = Extract<KnownEvent, { readonly kind: Kind }>;

/** Hands each event to the handlers of its kind. */
export interface Router {
  /** Adds a handler for one kind. Several for one kind all run. */
  on<Kind extends keyof EventData>(kind: Kind, handler: Handler<EventOf<Kind>>): Router;
  /** Adds a handler for every event. */
  onAny(handler: Handler<WebhookEvent>): Router;
  /** Adds a handler for events of a kind that this release of the SDK does not know. */
  onUnknown(handler: Handler<UnknownEvent>): Router;
  /**
   * Receives one delivery, once where the receiver has a replay store, and runs its handlers.
   * @throws WebhookError when the delivery is refused; what a handler threw, as an AggregateError if several did. All
   *   handlers run in any case.
   */
  route(delivery: Delivery): Promise<Received>;
}

/** Makes a router over a receiver. */
export function createRouter(receiver: Receiver): Router {
  const handlers: { readonly fits: (event: WebhookEvent) => boolean; readonly run: Handler<never> }[] = [];
  const router: Router = {
    on(kind, run) {
      handlers.push({ fits: (event) => event.known && event.kind === kind, run });
      return router;
    },
    onAny(run) {
      handlers.push({ fits: () => true, run });
      return router;
    },
    onUnknown(run) {
      handlers.push({ fits: (event) => !event.known, run });
      return router;
    },
    route(delivery) {
      return receiver.process(delivery, async (received) => {
        const { event } = received;
        const fitting = handlers.filter(({ fits }) => fits(event));
        const results = await Promise.allSettled(fitting.map(async ({ run }) => run(event as never, received)));
        const thrown = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
        if (thrown.length === 1) throw thrown[0];
        if (thrown.length > 1) throw new AggregateError(thrown, `${thrown.length} handlers of ${event.kind ?? "an event without a kind"} failed`);
        return received;
      });
    },
  };
  return router;
}
