import { WebhookError, webhookError } from "./errors.ts";
import { EVENT_TYPES } from "./event-types.ts";
import type { KnownEvent, KnownEventType, Received, WebhookEvent } from "./types.ts";

/**
 * Handles an event; may be asynchronous. `context` holds the arguments that the framework called the adapter with:
 * `[request, response, next]` of Express, `[c, next]` of Hono, `[request, env, ctx]` of a Worker.
 */
export type Handler<Event> = (event: Event, received: Received, context: readonly any[]) => unknown;

/** An event of one known type. */
export type EventOf<Type extends KnownEventType> = Extract<KnownEvent, { readonly type: Type }>;

/** @internal A handler, and the events that it is for. */
export interface HandlerRow {
  readonly fits: (event: WebhookEvent) => boolean;
  readonly run: Handler<never>;
}

/** @internal The handlers of a receiver, in the order in which they were added. */
export class Handlers {
  readonly #rows: HandlerRow[] = [];
  readonly #declared: ReadonlySet<string>;

  /** @param declared event types that the receiver's registry knows beside those of this release */
  constructor(declared: ReadonlySet<string>) {
    this.#declared = declared;
  }

  add(fits: HandlerRow["fits"], run: HandlerRow["run"]): void {
    if (typeof run !== "function") throw webhookError("handlers_missing");
    this.#rows.push({ fits, run });
  }

  addFor(type: string, run: HandlerRow["run"]): void {
    // No event has a misspelt type, so its handler would never run.
    if (!EVENT_TYPES.has(type) && !this.#declared.has(type)) throw webhookError("event_type_unknown", { event_type: type });
    this.add((event) => event.type === type, run);
  }

  /** Throws `handlers_missing` if there are no handlers: events would be acknowledged and lost. */
  check(): void {
    if (this.#rows.length === 0) throw webhookError("handlers_missing");
  }

  /** Runs every handler that matches the event, then throws their errors: one that fails must not stop the others. */
  async run(received: Received, context: readonly unknown[]): Promise<void> {
    const { event } = received;
    const fitting = this.#rows.filter(({ fits }) => fits(event));
    const results = await Promise.allSettled(fitting.map(async ({ run }) => run(event as never, received, context)));
    const thrown = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    // A WebhookError that a handler throws does not refuse this delivery, and must not decide the response to it.
    if (thrown.length === 1 && WebhookError.is(thrown[0])) throw new Error("a handler failed", { cause: thrown[0] });
    if (thrown.length === 1) throw thrown[0];
    if (thrown.length > 1) {
      throw new AggregateError(thrown, `${thrown.length} handlers of ${event.type ?? "an event without a type"} failed`);
    }
  }
}
