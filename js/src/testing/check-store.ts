import type { ReplayStore, Reservation } from "../replay.ts";

/** Options of `checkReplayStore`. */
export interface CheckReplayStoreOptions {
  /** A short life of keys, in milliseconds, that the check waits for. Default: 200. */
  readonly ttlMs?: number;
  /** Waits for `ms` milliseconds. Default: a timer. If the test controls the store's clock, advance that clock instead. */
  readonly wait?: (ms: number) => Promise<void>;
}

/**
 * Checks that a replay store does what the interface says, with keys that only the check uses: for the tests of your store.
 * @throws Error with the first thing that the store does not do as it must
 */
export async function checkReplayStore(store: ReplayStore, { ttlMs = 200, wait = timer }: CheckReplayStoreOptions = {}): Promise<void> {
  const prefix = `check-${Math.random().toString(36).slice(2)}-`;
  const step = async (wanted: Reservation, key: string, otherwise: string, token = "first"): Promise<void> => {
    const found = await store.reserve(prefix + key, ttlMs, token);
    if (found !== wanted) throw new Error(`replay store: ${otherwise}: expected "${wanted}", found "${found}"`);
  };
  await step("yours", "a", "a new key was not given");
  await step("pending", "a", "a reserved key was given twice");
  await step("yours", "b", "one key took another one with it");
  await store.release(prefix + "a", "first");
  await step("yours", "a", "a released key was not given again");
  await step("pending", "b", "releasing one key released another");
  await store.commit(prefix + "a", ttlMs);
  await step("done", "a", "a committed key was given again");
  await store.release(prefix + "a", "first");
  await step("done", "a", "a committed key was released");
  const rivals = Array.from({ length: 32 }, async (_, rival) => store.reserve(prefix + "c", ttlMs, `rival-${rival}`));
  const winners = (await Promise.all(rivals)).filter((reservation) => reservation === "yours").length;
  if (winners !== 1) throw new Error(`replay store: ${winners} of 32 rivals were given one key, expected 1`);
  await wait(ttlMs + 50);
  await step("yours", "a", "a committed key was kept after its time");
  await step("yours", "b", "a reserved key was kept after its time", "second");
  await store.release(prefix + "b", "first");
  await step("pending", "b", "the reservation of another attempt was released");
  await store.commit(prefix + "b", ttlMs);
  await store.release(prefix + "b", "second");
  await step("done", "b", "a key that a late attempt committed was given again");
}

function timer(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
