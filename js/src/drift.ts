// Watching the shapes of payloads. Shapes are member names and types, never values.
import { documentText } from "./document.ts";
import { tools } from "./tools-loader.ts";
import type { DriftObserver, JsonDocument } from "./types.ts";

/** How the data of one event differs in shape from what was seen or declared before. */
export interface DriftReport {
  readonly type: string;
  /** The version in whose shape the data came, where that is known. */
  readonly version: string | null;
  /** The differences. Each is reported once: what was reported counts as seen. */
  readonly drifts: readonly Drift[];
}

/** A difference in shape. */
export interface Drift {
  /** `missing_member` is of a member that all earlier objects at its place had, twenty of them or more. */
  readonly kind: "new_member" | "missing_member" | "other_type" | "new_version" | "watch_full";
  /** JSON pointer into the data as it came, with `*` for the elements of a list. */
  readonly at: string;
  /** What was known: types such as `null|text`, or `absent`. */
  readonly expected: string;
  /** What was found. */
  readonly found: string;
  /** The difference in a sentence. */
  readonly message: string;
}

/** A watch, for the option `onDrift` of one or more receivers. */
export interface DriftWatch extends DriftObserver {
  /** What was seen or declared, as a document for another watch. */
  shapes(): object;
}

/**
 * Makes a watch that tells when the data of an event has a shape that was not seen or declared for its event type and
 * version. The first data of an event type is learned without a report. The watch has bounded memory: 256 pairs of event type and
 * version. What it learned is lost when the process ends, or a defect stops the tools: keep `shapes()`.
 * @example
 * const watch = watchDrift(({ type, drifts }) => console.warn(type, drifts.map(({ message }) => message)));
 * const receiver = createReceiver({ secret: process.env.MAMBO_SECRET, onDrift: watch });
 * @param tell called with each report
 * @param shapes what counts as seen from the start: what `shapes()` of an earlier watch returned
 * @throws WebhookError `options_invalid` when `shapes` cannot be read
 */
export function watchDrift(tell: (report: DriftReport) => void, shapes: JsonDocument = { format: 1 }): DriftWatch {
  const declared = documentText(shapes);
  let place: { readonly number: number; readonly instance: number } | undefined;
  /** The watch's number in the tools, opened again in an instance that does not have it. */
  const number = (): number => {
    if (place?.instance !== tools.instance) place = { number: tools.call((glue) => glue.open_watch(declared)), instance: tools.instance };
    return place.number;
  };
  number();
  return {
    observe(type, version, json) {
      const opened = number();
      const drifts = tools.call((glue) => glue.observe(opened, type, version ?? undefined, json));
      if (drifts.length > 0) tell({ type, version, drifts });
    },
    shapes() {
      const opened = number();
      return JSON.parse(tools.call((glue) => glue.shapes(opened))) as object;
    },
  };
}
