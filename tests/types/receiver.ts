// What the types let through and what they refuse. Compiled against the packed package, never run.
import { detect } from "mambo-webhooks/tools";
import {
  ERROR_CODES,
  WebhookError,
  createReceiver,
  memoryReplayStore,
  type Activity,
  type ErrorCode,
  type EventOf,
  type KnownEventType,
  type Received,
  type Receiver,
  type ReplayStore,
  type UnknownEventType,
  type WebhookEvent,
} from "mambo-webhooks";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_same: Same<A, B>): void => {};

const receiver = createReceiver({ secret: "s", pinned: "8.0.3", targetVersion: "latest", tolerance: { pastSeconds: "unlimited" } });
same<typeof receiver, Receiver>(true);
createReceiver({ keys: [{ id: "a", secret: "s", encoding: "hex", notBefore: 0 }], replay: { store: memoryReplayStore() } });

// @ts-expect-error a secret or keys
createReceiver({});
// @ts-expect-error not both
createReceiver({ secret: "s", keys: [] });
// @ts-expect-error a misspelled option
createReceiver({ secret: "s", pined: "8.0.3" });
// @ts-expect-error seconds are numbers
createReceiver({ secret: "s", tolerance: { pastSeconds: "300" } });
// @ts-expect-error no such encoding
createReceiver({ keys: [{ secret: "s", encoding: "utf16" }] });
// @ts-expect-error a store has three calls
const store: ReplayStore = { reserve: () => "yours" };

// A parsed body is no body.
// @ts-expect-error an object is not bytes
receiver.receive({ headers: {}, body: { event: "Ping" } });
// @ts-expect-error no body at all
receiver.receive({ headers: new Headers() });
receiver.receive({ headers: new Headers(), body: new ArrayBuffer(0) });
receiver.receive({ headers: [["a", "b"]], body: "" });
receiver.receive({ headers: new Map([["a", "b"]]), body: new DataView(new ArrayBuffer(0)) });
receiver.receive({ headers: { a: ["b"], c: undefined }, body: new Uint8Array() });

// The event type tells the data.
const { event }: Received = receiver.receive({ headers: {}, body: "" });
if (event.known) {
  if (event.type === "Ping") same<typeof event.data.message, string | undefined>(true);
  if (event.type === "ActivityCreated") same<typeof event.data, Activity>(true);
  // @ts-expect-error not an event type of Mambo's
  if (event.type === "ActivityCreate") throw event;
} else {
  same<typeof event.type, UnknownEventType | null>(true);
  same<typeof event.data, unknown>(true);
}
// Its name alone tells it too.
if (event.type === "ActivityCreated") same<typeof event.data, Activity>(true);
// @ts-expect-error not an event type of Mambo's: one that is newer than the SDK is compared as a string
if (event.type === "ActivityCreate") throw event;
if ((event.type as string | null) === "NewKind") same<typeof event, WebhookEvent>(true);
// @ts-expect-error an event is a value, not to be changed
event.type = "Ping";

receiver.on("ActivityAwardedAdded", (awarded, { keyId }, [request]) => {
  request.log.info(awarded.id);
  same<typeof awarded, EventOf<"ActivityAwardedAdded">>(true);
  same<typeof awarded.data.uuid, string | undefined>(true);
  same<typeof keyId, string>(true);
});
// @ts-expect-error no such event type
receiver.on("ActivityAwarded", () => {});
// @ts-expect-error a wallet is no activity
receiver.on("PointWalletUpdated", (wallet: EventOf<"ActivityCreated">) => wallet);
receiver.onAny((any) => same<typeof any, WebhookEvent>(true)).onUnknown(async ({ type }) => type?.length);
same<ReturnType<typeof receiver.route>, Promise<Received>>(true);

const handled = receiver.process({ headers: {}, body: "" }, async ({ event: { type } }) => type);
same<typeof handled, Promise<KnownEventType | UnknownEventType | null>>(true);
handled.then((type: string | null) => type);

try {
  throw new Error();
} catch (error) {
  if (WebhookError.is(error)) same<typeof error.code, ErrorCode>(true);
  // @ts-expect-error not narrowed
  error.code;
}
same<(typeof ERROR_CODES)[number], ErrorCode>(true);
// @ts-expect-error secrets are a list
detect({ headers: {}, body: "", secrets: "s" });
