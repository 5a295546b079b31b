export { createReceiver, type Receiver } from "./receiver.ts";
export { ERROR_CODES, WebhookError, type ErrorCode, type Failure, type Fault } from "./errors.ts";
export type * from "./types.ts";
