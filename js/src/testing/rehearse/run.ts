// One run of a handler, and the comparison of two.
import type { Receiver } from "../../receiver.ts";
import type { Received } from "../../types.ts";
import { watchReceived, type Receive } from "./delivery.ts";
import type { NamedHandler } from "./handlers.ts";
import { firstDifference, snapshot, type Snapshot } from "./result.ts";
import type { Reads } from "./watch.ts";

/** What a handler did with one event: what it threw, or what it returned, which is absent for undefined. */
export type Run = { readonly thrown: unknown } | { readonly result: Snapshot | undefined };

/** A run whose reads were watched. */
export interface WatchedRun {
  readonly run: Run;
  readonly reads: Reads;
  /** False if the handler handed the data to a function that refuses watched data: its further reads are not known. */
  readonly isComplete: boolean;
}

/** Runs one handler on one delivery, as often as it is asked to. */
export class Runner {
  readonly #receive: Receive;
  readonly #run: NamedHandler["run"];
  readonly #context: readonly unknown[];

  constructor(receive: Receive, { run }: NamedHandler, context: readonly unknown[]) {
    this.#receive = receive;
    this.#run = run;
    this.#context = context;
  }

  /** Runs the handler on the event as a receiver hands it over. */
  async plain(receiver: Receiver): Promise<Run> {
    return this.#on(this.#receive(receiver));
  }

  /**
   * Runs the handler on watched data. If it throws it is run again on plain data, and that run counts: `structuredClone`, for
   * one, refuses watched data.
   */
  async watched(receiver: Receiver): Promise<WatchedRun> {
    const { watched, received } = watchReceived(this.#receive(receiver));
    const { reads } = watched;
    const run = await this.#on(received, () => watched.stop());
    if ("result" in run) return { run, reads, isComplete: true };
    const plain = await this.plain(receiver);
    const isRefused = run.thrown instanceof Error && run.thrown.name === "DataCloneError";
    return { run: plain, reads, isComplete: "thrown" in plain && !isRefused };
  }

  /** @param settled called when the handler is done, before its result is looked at */
  async #on(received: Received, settled?: () => void): Promise<Run> {
    const { event } = received;
    let result: unknown;
    try {
      result = await this.#run(event as never, received, this.#context);
    } catch (thrown) {
      return { thrown };
    } finally {
      settled?.();
    }
    return { result: result === undefined ? undefined : written(result) };
  }
}

/** A result that cannot be written down, such as a proxy that refuses it, equals itself alone. */
function written(result: unknown): Snapshot {
  try {
    return snapshot(result);
  } catch {
    return { value: result };
  }
}

/** How one run compares with another one. */
export interface Comparison {
  readonly outcome: "same" | "other" | "no_result" | "thrown" | "thrown_both" | "thrown_before";
  /** For `other`: JSON pointer of the first difference in the results, `""` for the whole. */
  readonly differsAt?: string;
  /** What was thrown, of the later run if both threw. */
  readonly thrown?: unknown;
}

/** Compares a run with the one before it. */
export function compare(before: Run, after: Run): Comparison {
  if ("thrown" in after) return { outcome: "thrown" in before ? "thrown_both" : "thrown", thrown: after.thrown };
  if ("thrown" in before) return { outcome: "thrown_before", thrown: before.thrown };
  const [one, other] = [before.result, after.result];
  if (one === undefined && other === undefined) return { outcome: "no_result" };
  const differsAt = one === undefined || other === undefined ? "" : firstDifference(one, other);
  return differsAt === undefined ? { outcome: "same" } : { outcome: "other", differsAt };
}
