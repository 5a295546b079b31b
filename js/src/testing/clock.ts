/** A clock that stands still: hand it to a receiver as `clock`. */
export interface FixedClock {
  /** The time in milliseconds since 1970. */
  (): number;
  /** Moves it on, or back. */
  advance(ms: number): void;
}

/** A clock that stands at `now`, in milliseconds since 1970, until it is moved. */
export function fixedClock(now: number): FixedClock {
  let at = now;
  return Object.assign(() => at, {
    advance(ms: number): void {
      at += ms;
    },
  });
}
