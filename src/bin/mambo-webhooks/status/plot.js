// One chart: its axes, its lines, and the same as a table.
import { evenScale, logScale, timeTicks } from "./axes.js";
import { clock, draw, make, moment } from "./page.js";

const HEIGHT = 208;
const EDGE = { top: 8, right: 12, bottom: 24, left: 54 };
/** A line breaks where more steps than this are without a value. */
const MOST_MISSING = 3;
/** The least room of a tick's text on the axis of time, in pixels. */
const TICK_ROOM = 64;

/** Draws the lines into an element, as wide as it is. */
export function plot(into, chart, lines, steps, { fromMs, untilMs, stepMs }, cursor) {
  const width = Math.max(into.clientWidth, 160);
  const [right, bottom] = [width - EDGE.right, HEIGHT - EDGE.bottom];
  const all = lines.flatMap(({ value }) => steps.map(value));
  const { ticks, share } = chart.isLogarithmic ? logScale(least(all), most(all)) : evenScale(most(all));
  const x = (ms) => EDGE.left + ((ms - fromMs) / (untilMs - fromMs)) * (right - EDGE.left);
  const middle = (step) => x(Math.min(step[0] + stepMs / 2, untilMs));
  const y = (value) => bottom - share(value) * (bottom - EDGE.top);
  const parts = ticks.flatMap((tick) => [
    draw("path", { class: "grid", d: `M${EDGE.left} ${y(tick)}H${right}` }),
    draw("text", { x: EDGE.left - 8, y: y(tick) + 4, "text-anchor": "end" }, chart.format(tick)),
  ]);
  for (const tick of timeTicks(fromMs, untilMs, (right - EDGE.left) / TICK_ROOM)) {
    // A text at an end stays inside of the drawing.
    const place = Math.min(Math.max(x(tick), EDGE.left), right - 10);
    parts.push(draw("path", { class: "tick", d: `M${x(tick)} ${bottom}v5` }));
    parts.push(draw("text", { x: place, y: bottom + 18, "text-anchor": "middle" }, clock(tick, false)));
  }
  parts.push(draw("path", { class: "axis", d: `M${EDGE.left} ${bottom}H${right}` }));
  for (const { value, index } of lines)
    parts.push(draw("path", { class: `line line-${index}`, d: path(steps, middle, (step) => y(value(step)), stepMs) }));
  const chosen = steps.find(([start]) => start === cursor);
  if (chosen) {
    parts.push(draw("path", { class: "cursor", d: `M${middle(chosen)} ${EDGE.top}V${bottom}` }));
    for (const { value, index } of lines)
      parts.push(draw("circle", { class: `dot line-${index}`, cx: middle(chosen), cy: y(value(chosen)), r: 4 }));
  }
  if (steps.length === 0)
    parts.push(draw("text", { class: "nothing", x: (EDGE.left + right) / 2, y: HEIGHT / 2, "text-anchor": "middle" }, "no data"));
  into.replaceChildren(draw("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" }, ...parts));
}

const most = (values) => values.reduce((one, other) => Math.max(one, other), 0);
const least = (values) => values.reduce((one, other) => Math.min(one, other), Infinity);

/** A path through the steps. A step without neighbours becomes a dot: its line has round ends. */
function path(steps, x, y, stepMs) {
  let before = -Infinity;
  const parts = steps.map((step) => {
    const isApart = step[0] - before > stepMs * (MOST_MISSING + 1);
    before = step[0];
    return isApart ? `M${x(step)} ${y(step)}h0` : `L${x(step)} ${y(step)}`;
  });
  return parts.join("");
}

/** The step that is nearest to the pointer. */
export function timeAt({ clientX }, area, steps, { fromMs, untilMs, stepMs }) {
  const { left, width } = area.getBoundingClientRect();
  const time = fromMs + ((clientX - left - EDGE.left) / (width - EDGE.left - EDGE.right)) * (untilMs - fromMs) - stepMs / 2;
  const nearest = steps.reduce((best, [start]) => (Math.abs(start - time) < Math.abs(best - time) ? start : best), Infinity);
  return Number.isFinite(nearest) ? nearest : undefined;
}

/** The values of a chart in a table, the latest first. */
export function fillTable(into, { lines, format }, steps) {
  const head = make(
    "tr",
    {},
    make("th", { scope: "col" }, "From"),
    ...lines.map(({ name }) => make("th", { scope: "col", class: "number" }, name)),
  );
  const rows = steps.toReversed().map((step) => {
    const cells = lines.map(({ value }) => make("td", { class: "number" }, format(value(step))));
    return make("tr", {}, make("th", { scope: "row" }, moment(step[0])), ...cells);
  });
  into.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}
