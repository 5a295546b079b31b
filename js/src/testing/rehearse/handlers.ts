// The handlers that are rehearsed, with a name for each.
import { optionsInvalid, webhookError } from "../../errors.ts";
import type { EventOf, Handler } from "../../handlers.ts";
import type { Receiver } from "../../receiver.ts";
import type { KnownEventType, WebhookEvent } from "../../types.ts";

/** Handlers by event type. */
export type HandlersByType = { readonly [Type in KnownEventType]?: Handler<EventOf<Type>> };

/** Adds handlers to a receiver by `on`, `onAny` and `onUnknown`, as a program does at its start. May be asynchronous. */
export type AddHandlers = (receiver: Receiver) => unknown;

/** @internal A handler, its name in the report, and the events that it is for. */
export interface NamedHandler {
  readonly name: string;
  readonly fits: (event: WebhookEvent) => boolean;
  readonly run: Handler<never>;
}

/**
 * @internal Collects handlers in the order in which they are added. They are added to `receiver` too, which refuses misspelt event
 * types.
 * @throws WebhookError `options_invalid`, `event_type_unknown`, or `handlers_missing` if there is none
 */
export async function collectHandlers(receiver: Receiver, handlers: HandlersByType | AddHandlers): Promise<readonly NamedHandler[]> {
  const found: NamedHandler[] = [];
  const add = (call: string, fits: NamedHandler["fits"], run: NamedHandler["run"], type = ""): void => {
    // A function in an object has the name of its member, which would only repeat the event type.
    const own = run.name === type ? "" : run.name;
    const name = `${call}(${[type && JSON.stringify(type), own].filter(Boolean).join(", ")})`;
    const same = found.filter((other) => other.name === name || other.name.startsWith(`${name} #`)).length;
    found.push({ name: same === 0 ? name : `${name} #${same + 1}`, fits, run });
  };
  const collector: Receiver = {
    ...receiver,
    on(type, run) {
      receiver.on(type, run);
      add("on", (event) => event.type === type, run, type);
      return collector;
    },
    onAny(run) {
      receiver.onAny(run);
      add("onAny", () => true, run);
      return collector;
    },
    onUnknown(run) {
      receiver.onUnknown(run);
      add("onUnknown", (event) => !event.known, run);
      return collector;
    },
  };
  if (typeof handlers === "function") await handlers(collector);
  else if (typeof handlers === "object" && handlers !== null) {
    for (const [type, run] of Object.entries(handlers)) collector.on(type as KnownEventType, run as Handler<EventOf<KnownEventType>>);
  } else throw optionsInvalid("expected an object of handlers by event type, or a function that takes a receiver,", "/handlers");
  if (found.length === 0) throw webhookError("handlers_missing");
  return found;
}
