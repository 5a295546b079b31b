// Charts over one axis of time, with one cursor: it follows the pointer and the arrow keys, in all charts at once.
import { at, clock, count, draw, duration, make, say } from "./page.js";
import { fillTable, plot, timeAt } from "./plot.js";

const perMinute = (value) => (value < 10 ? count(Math.round(value * 10) / 10) : count(Math.round(value)));

/** What is drawn: the lines, each with its value in a step, and the line whose highest value is named. */
const CHARTS = [
  {
    id: "times",
    title: "Response times",
    unit: "logarithmic scale",
    source: "attempts",
    format: duration,
    isLogarithmic: true,
    peak: 1,
    lines: [
      { name: "p50", value: ([, , , p50]) => p50 },
      { name: "p99", value: ([, , , , p99]) => p99 },
    ],
  },
  {
    id: "backlog",
    title: "Backlog",
    unit: "deliveries",
    source: "backlog",
    format: count,
    peak: 1,
    lines: [
      { name: "scheduled", value: ([, scheduled]) => scheduled },
      { name: "ready", value: ([, , ready]) => ready },
      { name: "in flight", value: ([, , , leased]) => leased },
      { name: "dead", value: ([, , , , dead]) => dead },
    ],
  },
  {
    id: "rate",
    title: "Attempts",
    unit: "per minute",
    source: "rate",
    format: perMinute,
    peak: 1,
    lines: [
      { name: "delivered", value: ([, delivered]) => delivered },
      { name: "failed", value: ([, , failed]) => failed },
    ],
  },
];

let data = { fromMs: 0, untilMs: 1, stepMs: 1, attempts: [], backlog: [], rate: [] };
/** The beginning of the step under the cursor. */
let cursor;
const redraw = [];
const redrawAll = () => redraw.forEach((act) => act());

/** Sets the charts up. */
export function setUpCharts() {
  at("charts").append(...CHARTS.map(setUp));
  new ResizeObserver(redrawAll).observe(at("charts"));
}

/** Shows what /charts says. */
export function showCharts(answer) {
  const isKnown = answer.attempts !== null;
  at("no-history").hidden = isKnown;
  at("charts").hidden = !isKnown;
  if (isKnown) data = { ...answer, rate: rates(answer) };
  redrawAll();
}

/** Attempts per minute in every step that has ended. A step without attempts has none, which is a value. */
function rates({ attempts, fromMs, untilMs, stepMs }) {
  const known = new Map(attempts.map((step) => [step[0], step]));
  const steps = [];
  for (let start = fromMs; start + stepMs <= untilMs; start += stepMs) {
    const [, all, delivered] = known.get(start) ?? [start, 0, 0];
    steps.push([start, (delivered * 60_000) / stepMs, ((all - delivered) * 60_000) / stepMs]);
  }
  return steps;
}

function moveCursor(to) {
  if (cursor === to) return;
  cursor = to;
  redrawAll();
}

/** The card of one chart: title, legend, readout, plot and table. */
function setUp(chart) {
  const hidden = new Set();
  const titleId = `${chart.id}-title`;
  const area = make("div", { class: "plot", tabindex: 0, role: "slider" });
  const readout = make("p", { class: "readout" });
  const inner = make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${chart.title} as a table` });
  const table = make("details", {}, make("summary", {}, "As a table"), inner);
  area.setAttribute("aria-label", `${chart.title}, ${chart.unit}, over time`);
  const act = () => {
    const steps = data[chart.source];
    const lines = chart.lines.map((line, index) => ({ ...line, index })).filter(({ index }) => !hidden.has(index));
    const chosen = steps.find(([start]) => start === cursor);
    plot(area, chart, lines, steps, data, cursor);
    say(readout, chosen ? describe(chart, chosen) : summary(chart, steps));
    const place = Math.max(0, steps.indexOf(chosen ?? steps.at(-1)));
    area.setAttribute("aria-valuemin", 0);
    area.setAttribute("aria-valuemax", Math.max(0, steps.length - 1));
    area.setAttribute("aria-valuenow", place);
    area.setAttribute("aria-valuetext", steps.length === 0 ? "no data" : describe(chart, steps[place]));
    if (table.open) fillTable(inner, chart, steps);
  };
  area.addEventListener("keydown", (event) => {
    const to = target(event.key, data[chart.source]);
    if (to === undefined) return;
    event.preventDefault();
    moveCursor(to);
  });
  area.addEventListener("pointermove", (event) => moveCursor(timeAt(event, area, data[chart.source], data)));
  area.addEventListener("pointerleave", () => moveCursor(undefined));
  area.addEventListener("blur", () => moveCursor(undefined));
  table.addEventListener("toggle", act);
  redraw.push(act);
  const buttons = chart.lines.map((line, index) => toggle(line, index, hidden, act));
  const legend = make("div", { class: "legend", role: "group", "aria-label": `Lines of ${chart.title}` }, ...buttons);
  const title = make("h3", { id: titleId }, chart.title, " ", make("small", {}, chart.unit));
  const head = make("div", { class: "head" }, title, legend);
  return make("article", { class: "card", "aria-labelledby": titleId, id: chart.id }, head, readout, area, table);
}

/** A button that shows or hides a line. */
function toggle({ name }, index, hidden, act) {
  const sample = draw("svg", { viewBox: "0 0 22 8", "aria-hidden": "true", class: `line line-${index}` }, draw("path", { d: "M1 4H21" }));
  const button = make("button", { type: "button", "aria-pressed": "true" }, sample, name);
  button.addEventListener("click", () => {
    if (!hidden.delete(index)) hidden.add(index);
    button.setAttribute("aria-pressed", String(!hidden.has(index)));
    act();
  });
  return button;
}

/** The step that a key leads to. */
function target(key, steps) {
  const last = steps.length - 1;
  const place = steps.findIndex(([start]) => start === cursor);
  const from = place < 0 ? last : place;
  const moves = {
    ArrowLeft: from - 1,
    ArrowDown: from - 1,
    ArrowRight: from + 1,
    ArrowUp: from + 1,
    PageDown: from - 10,
    PageUp: from + 10,
    Home: 0,
    End: last,
  };
  if (moves[key] === undefined || last < 0) return undefined;
  return steps[Math.min(last, Math.max(0, moves[key]))][0];
}

const values = ({ lines, format }, step) => lines.map(({ name, value }) => `${name} ${format(value(step))}`).join(", ");
const describe = (chart, step) => `${clock(step[0], data.stepMs < 60_000)}: ${values(chart, step)}`;

/** The latest values, and the highest one. */
function summary(chart, steps) {
  if (steps.length === 0) return "Nothing in this range.";
  const { name, value } = chart.lines[chart.peak];
  const highest = steps.reduce((best, step) => (value(step) > value(best) ? step : best));
  const peak = value(highest) > 0 ? `; highest ${name} ${chart.format(value(highest))} at ${clock(highest[0], false)}` : "";
  return `Latest: ${values(chart, steps.at(-1))}${peak}`;
}
