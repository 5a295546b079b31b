// Scales and ticks of charts.

/** A scale from zero in even steps. */
export function evenScale(highest) {
  const step = [1, 2, 5].flatMap((digit) => Array.from({ length: 10 }, (_, power) => digit * 10 ** power)).sort((a, b) => a - b);
  const width = step.find((candidate) => highest / candidate <= 4) ?? highest;
  const top = Math.max(1, Math.ceil(highest / width)) * width;
  const ticks = Array.from({ length: Math.round(top / width) + 1 }, (_, index) => index * width);
  return { ticks, share: (value) => value / top };
}

/** A logarithmic scale around values above zero. Values below its foot stand at its foot; without values it begins at 1. */
export function logScale(lowest, highest) {
  const foot = Number.isFinite(lowest) ? Math.floor(Math.log10(Math.max(1, lowest))) : 0;
  const top = Math.max(foot + 1, Math.ceil(Math.log10(Math.max(1, highest))));
  const digits = top - foot <= 2 ? [1, 2, 5] : [1];
  const powers = Array.from({ length: top - foot }, (_, index) => 10 ** (foot + index));
  const ticks = [...powers.flatMap((power) => digits.map((digit) => digit * power)), 10 ** top];
  const share = (value) => Math.max(0, (Math.log10(Math.max(value, 1)) - foot) / (top - foot));
  return { ticks, share };
}

const MINUTE = 60_000;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * MINUTE);

/** Round times of the reader's day within a range, at most `most` of them. */
export function timeTicks(from, until, most) {
  const step = TIME_STEPS.find((candidate) => (until - from) / candidate <= most) ?? TIME_STEPS.at(-1);
  const offset = new Date(until).getTimezoneOffset() * MINUTE;
  const ticks = [];
  for (let tick = Math.ceil((from - offset) / step) * step + offset; tick <= until; tick += step) ticks.push(tick);
  return ticks;
}
