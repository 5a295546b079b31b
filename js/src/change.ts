// Changes of payloads: what differs between versions, what changed from samples, and types for each version.
import { documentText } from "./document.ts";
import { webhookError } from "./errors.ts";
import { tools } from "./tools-loader.ts";
import type { JsonDocument } from "./types.ts";

/** Payloads: the bodies of deliveries, as text, or the data of one event type, as values that JSON can hold. */
export type Samples = { readonly bodies: readonly string[] } | { readonly data: readonly unknown[] };

/** What changes are inferred from. */
export interface InferOptions {
  /** Samples of the older version. Deliveries are paired by the id of their event, data by its place in the list. */
  readonly old: Samples;
  /** Samples of the same events in the newer version. */
  readonly new: Samples;
  /** The first version with the newer shape. */
  readonly since: string;
  /** The version of the older samples. */
  readonly from?: string;
  /** The event type; needed for data alone. Default: each that the deliveries name. */
  readonly type?: string;
  /** How deliveries are laid out; see docs/PROTOCOL.md. Default: assumed. */
  readonly profile?: JsonDocument;
}

/** Changes that explain samples, and how far they can be trusted. */
export interface Inference {
  /** A registry document with one change for each event type that differs. */
  readonly registry: object;
  /** Whether every pair is explained in both directions, and nothing is in doubt. */
  readonly isCertain: boolean;
  /** What was found for each event type. */
  readonly events: readonly InferredEvent[];
}

/** What was found for one event type. */
export interface InferredEvent {
  readonly type: string;
  /** The number of pairs of samples. */
  readonly pairs: number;
  readonly isCertain: boolean;
  /** The ops, each in a few words, and in how many pairs it changed something. */
  readonly ops: readonly { readonly op: object; readonly clause: string; readonly evidence: number }[];
  /** What the samples do not decide, and the sample that would. */
  readonly doubts: readonly { readonly code: string; readonly at: string; readonly sentence: string; readonly ask: string }[];
  /**
   * The events whose older sample does not become the newer one, by their ids, or `line 1` and so on for data; with the place
   * of the first difference.
   */
  readonly unexplained: readonly { readonly id: string; readonly at: string }[];
  /** The events whose newer sample does not become the older one, although no loss is listed. */
  readonly notRestored: readonly { readonly id: string; readonly at: string }[];
}

/** What a consumer of payloads has to know to take another version, or payloads by another registry. */
export interface RegistryDiff {
  /** Whether an event type is gone, or a change moves, alters or removes what a consumer may read. */
  readonly breaking: boolean;
  readonly events: readonly {
    readonly eventType: string;
    /** Whether both sides know the event type, only the newer, or only the older. */
    readonly status: "changed" | "new" | "gone";
    readonly changes: readonly {
      readonly id: string;
      readonly since: string;
      readonly status: "applied" | "undone" | "edited";
      readonly compatibility: "additive" | "breaking" | "breaking_data_lost";
      readonly summary: string;
      /** Each op in words, at its place in the data. */
      readonly ops: readonly string[];
    }[];
  }[];
}

/** What types are made of. */
export interface PayloadTypesOptions {
  /** The registry; see docs/VERSIONS.md. Default: the built-in one. */
  readonly registry?: JsonDocument;
  /** Payloads. Event types without a sample have no members. */
  readonly samples?: Samples;
  readonly language: "typescript" | "rust" | "json-schema";
  /** The versions to make types for; exactly one for a JSON Schema. Default: all that are listed. */
  readonly versions?: readonly string[];
  /** The event type of data alone. */
  readonly type?: string;
  /** The version of samples that do not name it. */
  readonly pinned?: string;
  /** How deliveries are laid out. Default: assumed. */
  readonly profile?: JsonDocument;
}

/**
 * Infers what changed between two versions from samples of both, and runs the change on all of them in both directions.
 * @example
 * const { registry, events } = inferRegistry({ old: { bodies: pinned }, new: { bodies: latest }, since: "9.0.0" });
 * for (const { clause } of events[0].ops) console.log(clause);
 * @throws WebhookError `options_invalid` for samples that cannot be used; the message begins with the code, such as `samples_invalid`
 */
export function inferRegistry({ old, new: newer, profile, ...options }: InferOptions): Inference {
  const samples = { old: samplesText(old), new: samplesText(newer) };
  return JSON.parse(run({ command: "registryInfer", ...options, ...samples, profile: optionalText(profile) }).json) as Inference;
}

/**
 * Compares two registries, or two versions of one.
 * @example
 * if (diffRegistries({ older: published, newer: edited }).breaking) process.exitCode = 1;
 * @throws WebhookError `options_invalid` for documents or versions that cannot be used
 */
export function diffRegistries(
  options:
    | { readonly older: JsonDocument; readonly newer: JsonDocument }
    | { readonly registry: JsonDocument; readonly from: string; readonly to: string; readonly type?: string },
): RegistryDiff {
  const command =
    "older" in options
      ? { older: documentText(options.older), newer: documentText(options.newer) }
      : { older: documentText(options.registry), from: options.from, to: options.to, type: options.type };
  return JSON.parse(run({ command: "registryDiff", ...command }).json) as RegistryDiff;
}

/**
 * Prints payload types for each version. A member that some samples lack is optional.
 * @throws WebhookError `options_invalid` for documents or samples that cannot be used
 */
export function payloadTypes({ registry, samples, versions = [], profile, ...options }: PayloadTypesOptions): string {
  return run({
    command: "registryTypes",
    ...options,
    version: versions,
    registry: optionalText(registry),
    samples: samples && samplesText(samples),
    profile: optionalText(profile),
  }).text;
}

function run(command: object): { readonly text: string; readonly json: string } {
  const { problem, text, json } = tools.call((glue) => glue.command(JSON.stringify(command), new Uint8Array()));
  if (problem !== null) throw webhookError("options_invalid", { first: problem });
  return { text, json };
}

function optionalText(document: JsonDocument | undefined): string | undefined {
  return document === undefined ? undefined : documentText(document);
}

function samplesText(samples: Samples): object {
  if ("bodies" in samples) return samples;
  return { lines: samples.data.map((data) => JSON.stringify(data)).join("\n") };
}
