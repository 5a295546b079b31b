export { detect, type DetectOptions, type Detection } from "./detect.ts";
export { createReceiver, type Diagnosis, type Receiver } from "./receiver.ts";
export { createRouter, type EventOf, type Handler, type Router } from "./router.ts";
export { handle, webHandler, type AdapterOptions, type Target } from "./adapters/web.ts";
export { nodeHandler, type NodeRequest, type NodeResponse } from "./adapters/node.ts";
export { ERROR_CODES, WebhookError, type ErrorCode, type Failure, type Fault } from "./errors.ts";
export {
  memoryReplayStore,
  type MemoryReplayOptions,
  type ReplayOptions,
  type ReplayStore,
  type Reservation,
} from "./replay.ts";
export type * from "./types.ts";
