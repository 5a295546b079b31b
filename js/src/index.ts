export { createReceiver, type Diagnosis, type Receiver } from "./receiver.ts";
export type { EventOf, Handler } from "./handlers.ts";
export { ERROR_CODES, WebhookError, type ErrorCode, type Failure, type Fault } from "./errors.ts";
export { memoryReplayStore, type MemoryReplayOptions, type ReplayOptions, type ReplayStore, type Reservation } from "./replay.ts";
export type * from "./types.ts";
