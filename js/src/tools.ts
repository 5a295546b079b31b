// What a person runs by hand, on a module that receivers do without.
import { ERRORS } from "./error-table.ts";
import { ERROR_CODES, type Failure } from "./errors.ts";

export {
  diffRegistries,
  inferRegistry,
  payloadTypes,
  type Inference,
  type InferOptions,
  type InferredEvent,
  type PayloadTypesOptions,
  type RegistryDiff,
  type Samples,
} from "./change.ts";
export { detect, type DetectOptions, type Detection } from "./detect.ts";
export { watchDrift, type Drift, type DriftReport, type DriftWatch } from "./drift.ts";
export { WebhookError, type ErrorCode, type Failure, type Fault } from "./errors.ts";
export { changelog, checkRegistry, type RegistryProblem } from "./registry.ts";

/** The table of all failures: each code with its fault and its sentence. docs/CODES.md says what to do about each. */
export function codes(): readonly Failure[] {
  return ERROR_CODES.map((code) => ({ code, fault: ERRORS[code].fault, message: ERRORS[code].message }));
}
