// The view that infers changes from payloads of two versions. Inference may take seconds, so a button starts it.
import { inferRegistry } from "mambo-webhooks/tools";
import { at, field, tell, tried } from "./page.js";
import { bodyOf, payloadsOf } from "./payloads.js";
import { copyButton, counted, element } from "./show.js";

/** The most pairs that are named one by one. */
const MOST_NAMED = 5;

/** Sets the view up. `useRegistry` receives the text of a registry that the user wants on the page. */
export function setUpInfer(useRegistry) {
  clearInference();
  at("infer").addEventListener("input", clearInference);
  at("infer-form").addEventListener("submit", (event) => {
    event.preventDefault();
    showParts([]);
    tell("infer-status", "none", "Inferring…");
    // The browser paints that sentence before the inference occupies it.
    requestAnimationFrame(() => setTimeout(() => show(tried(infer), useRegistry)));
  });
}

/** Removes what was inferred from other payloads. */
export function clearInference() {
  tell("infer-status", "none", "Nothing inferred yet", "Fill in payloads of two versions, and infer the changes between them.");
  showParts([]);
}

function showParts(parts) {
  at("inferred-card").hidden = parts.length === 0;
  at("inferred").replaceChildren(...parts);
}

/** What the fields show, with the number of payloads on each side. */
function infer() {
  const [type, since, from, profile] = ["infer-type", "since", "from", "profile"].map((id) => field(id) || undefined);
  const [old, newer] = [payloads("old"), payloads("new")];
  if (old.length === 0 || newer.length === 0 || since === undefined)
    throw new SyntaxError("Fill in old payloads, new payloads, and the first version with the new shape.");
  const samples = (texts) => ({ bodies: type === undefined ? texts : texts.map((data, index) => bodyOf(type, data, index)) });
  const layout = type === undefined ? { profile } : {};
  const inference = inferRegistry({ old: samples(old), new: samples(newer), since, ...(from && { from }), ...layout });
  return { inference, counts: [old.length, newer.length] };
}

function payloads(side) {
  const { found, error } = tried(() => payloadsOf(at(side).value));
  if (error) throw new SyntaxError(`${side === "old" ? "Old" : "New"} payloads: ${error.message}.`);
  return found;
}

function show({ found, error }, useRegistry) {
  if (error) return tell("infer-status", "bad", "Not inferred", error.message);
  const { inference, counts } = found;
  const pairs = inference.events.reduce((sum, event) => sum + event.pairs, 0);
  const { isCertain } = inference;
  const isPartial = counts.some((count) => count !== pairs);
  const left = `${counts[0]} old and ${counts[1]} new payloads make ${counted(pairs, "pair")}; the others are not compared.`;
  const words = [meaningOf(inference), ...(isPartial ? [left] : [])];
  tell("infer-status", isCertain ? "good" : "warn", isCertain ? "Certain" : "Not certain", ...words);
  showParts([...inference.events.flatMap(eventParts), ...registryParts(inference.registry, useRegistry)]);
}

/** Why the changes are certain, or not. */
function meaningOf({ isCertain, events }) {
  if (isCertain) return "Every pair is explained in both directions, and nothing is in doubt.";
  const isExplained = events.every(({ unexplained, notRestored }) => unexplained.length + notRestored.length === 0);
  if (!isExplained) return "The changes do not explain every pair in both directions.";
  return "Every pair is explained, and something is in doubt: each doubt says what would decide it.";
}

/** What was found for one event type. */
function eventParts({ type, pairs, ops, doubts, unexplained, notRestored }) {
  const all = counted(pairs, "pair");
  const parts = [element("h3", {}, type)];
  const nothing = unexplained.length === 0 ? "difference" : "explanation";
  if (ops.length === 0) parts.push(element("p", {}, `No ${nothing} in ${all}.`));
  else
    parts.push(
      bullets(
        "Changes:",
        ops.map(({ clause, evidence }) => [`${clause} (in ${evidence} of ${all})`]),
      ),
    );
  if (doubts.length > 0)
    parts.push(
      bullets(
        "In doubt:",
        doubts.map(({ code, at: place, sentence, ask }) => [
          element("code", {}, code),
          place === "" ? " " : ` at ${place}: `,
          `${sentence}.`,
          element("div", {}, element("strong", {}, "Decided by:"), ` ${ask}.`),
        ]),
      ),
    );
  if (unexplained.length > 0) parts.push(bullets("Not explained: the old payload does not become the new one.", places(unexplained)));
  if (notRestored.length > 0) parts.push(bullets("Not restored: the new payload does not become the old one.", places(notRestored)));
  return parts;
}

function bullets(title, items) {
  return element("div", {}, element("p", {}, title), element("ul", {}, ...items.map((item) => element("li", {}, ...item))));
}

function places(mismatches) {
  const first = mismatches.slice(0, MOST_NAMED);
  const named = first.map(({ id, at: place }) => [`event ${id}, first at ${place === "" ? "the top" : place}`]);
  const more = mismatches.length - named.length;
  return more === 0 ? named : [...named, [`and ${counted(more, "more event")}`]];
}

/** The registry document, to copy or to use. Nothing without a change. */
function registryParts(registry, useRegistry) {
  if (registry.changes.length === 0) return [];
  const text = JSON.stringify(inOrder(registry), null, 2);
  const use = element("button", { type: "button" }, "Use it as the page's registry");
  use.addEventListener("click", () => useRegistry(text));
  return [
    element("h3", {}, "Registry"),
    element(
      "p",
      { className: "buttons" },
      copyButton("Copy the registry", () => text),
      use,
    ),
    element("pre", { tabIndex: 0, role: "region", ariaLabel: "Inferred registry as JSON" }, text),
  ];
}

/** The members in the order of docs/VERSIONS.md. */
function inOrder({ format, versions, events, changes }) {
  const op = ({ op: name, ...places }) => ({ op: name, ...places, ...(places.ops && { ops: places.ops.map(op) }) });
  const change = ({ id, since, on, summary, lossy, ops }) => ({ id, since, on, summary, lossy, ops: ops.map(op) });
  return { format, versions, events, changes: changes.map(change) };
}
