// Interleaved rounds: every contestant runs a slice of each round, in turns, so that what the machine does meanwhile
// hits all of them alike. Ratios are made within a round.

/** Nanoseconds per call of each contestant in each round. */
export async function rounds(contestants, { count = 31, sliceMs = 8 } = {}) {
  const names = Object.keys(contestants);
  const sizes = {};
  for (const name of names) {
    const act = contestants[name];
    await repeat(act, 50);
    // As many calls as a slice holds, found by doubling.
    let calls = 1;
    while ((await repeat(act, calls)) < (sliceMs * 1e6) / 2) calls *= 2;
    sizes[name] = calls;
  }
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < count; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round) % names.length];
      times[name].push((await repeat(contestants[name], sizes[name])) / sizes[name]);
    }
  }
  return times;
}

/** Nanoseconds for so many calls; a contestant that answers with a promise is awaited each time. */
async function repeat(act, calls) {
  const start = now();
  if (act.constructor.name === "AsyncFunction") for (let call = 0; call < calls; call += 1) await act();
  else for (let call = 0; call < calls; call += 1) act();
  return now() - start;
}

const now = () => performance.now() * 1e6;

export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The middle half of the values. */
export function spread(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return [sorted[Math.floor(sorted.length / 4)], sorted[Math.floor((sorted.length * 3) / 4)]];
}

/** The median over the rounds of one contestant's time by another's. */
export const ratio = (times, one, other) => median(times[one].map((time, round) => time / times[other][round]));
