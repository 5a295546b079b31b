export { checkReplayStore, type CheckReplayStoreOptions } from "./check-store.ts";
export { fixedClock, type FixedClock } from "./clock.ts";
export { sampleDelivery, type SampleDelivery, type SampleOptions } from "./delivery.ts";
export { sample, SAMPLE_EVENT_ID, type Sample } from "./samples.ts";
export { sign, type SignOptions } from "./sign.ts";
export { tampered, type Tampered, type TamperOptions } from "./tamper.ts";
