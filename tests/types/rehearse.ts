// What the types of `rehearse` let through and what they refuse. Compiled against the packed package, never run.
import { formatRehearsal, rehearse, type Rehearsal, type RehearsalRow, type SavedDelivery } from "mambo-webhooks/testing";

declare const env: { readonly MAMBO_SECRET: string | undefined };
const deliveries: readonly SavedDelivery[] = [{ headers: {}, body: "", name: "a" }];
const versions = { registry: {}, from: "8.10.2", to: "9.0.0" };

const report: Rehearsal = await rehearse({
  ...versions,
  deliveries,
  secret: env.MAMBO_SECRET,
  handlers: {
    ActivityCreated: ({ data }, { keyId }, [request]) => [data.uuid, keyId, request],
    Ping: async ({ data }) => data.message,
  },
});
await rehearse({ ...versions, deliveries, handlers: (receiver) => receiver.on("Ping", ({ data }) => data.message).onUnknown(() => {}) });
// @ts-expect-error a misspelt event type
await rehearse({ ...versions, deliveries, handlers: { ping: () => 1 } });
// @ts-expect-error both versions are set by `from` and `to`
await rehearse({ ...versions, deliveries, handlers: { Ping: () => 1 }, targetVersion: "latest" });
// @ts-expect-error there is no upgrade without a registry
await rehearse({ deliveries, from: "8.10.2", to: "9.0.0", handlers: { Ping: () => 1 } });

export const rows: readonly RehearsalRow[] = report.rows;
export const text: string = formatRehearsal(report, { isColoured: true });
