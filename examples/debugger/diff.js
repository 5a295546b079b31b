// The panel that compares two versions of the page's registry, or two registries.
import { diffRegistries } from "mambo-webhooks/tools";
import { at, field, tried } from "./page.js";
import { element } from "./show.js";

const COMPATIBILITY = { additive: "additive", breaking: "breaking", breaking_data_lost: "breaking, data is lost" };

/** Sets the panel up. */
export function setUpDiff() {
  at("diff").addEventListener("input", diff);
}

/** Shows the difference that the fields ask for. */
export function diff() {
  const ofVersions = at("compare-versions").checked;
  at("diff-versions").hidden = !ofVersions;
  at("diff-registries").hidden = ofVersions;
  const [title, details] = ofVersions ? compare(versions()) : compare(registries());
  // An unchanged status stays as it is, so that a screen reader does not read it again.
  if (at("diff-status").textContent !== title.textContent) at("diff-status").replaceChildren(title);
  at("differences").replaceChildren(...details);
}

function versions() {
  const [registry, from, to, type] = ["registry", "diff-from", "diff-to", "diff-type"].map(field);
  if (registry === "" || from === "" || to === "") return { hint: "Fill in the page's registry, an older version and a newer one." };
  return { options: { registry, from, to, ...(type !== "" && { type }) } };
}

function registries() {
  const [older, newer] = ["older", "newer"].map(field);
  if (older === "" || newer === "") return { hint: "Fill in an older and a newer registry." };
  return { options: { older, newer } };
}

/** A title, and what is below it. */
function compare({ hint, options }) {
  if (hint) return [element("p", {}, hint), []];
  const { found, error } = tried(() => diffRegistries(options));
  if (error) return [element("p", { className: "bad" }, error.message), []];
  if (found.events.length === 0) return [element("p", { className: "verdict good" }, "No payload has another shape"), []];
  return [
    element("p", { className: `verdict ${found.breaking ? "bad" : "good"}` }, found.breaking ? "Breaking" : "Additive"),
    found.events.flatMap(eventParts),
  ];
}

/** The differences of one event type. */
function eventParts({ eventType, status, changes }) {
  const isBreaking = status === "gone" || changes.some(({ compatibility }) => compatibility !== "additive");
  const [className, meaning] = isBreaking ? ["bad", "breaking"] : ["good", "additive"];
  const title = element("h3", {}, `${eventType}: `, element("span", { className }, meaning));
  if (status !== "changed") return [title, element("p", {}, `The event type is ${status}.`)];
  return [title, element("ul", {}, ...changes.map(changeItem))];
}

function changeItem({ id, since, status, compatibility, summary, ops }) {
  const direction = status === "applied" ? "" : `, ${status}`;
  return element(
    "li",
    {},
    element("code", {}, id),
    `, since ${since}${direction}: ${COMPATIBILITY[compatibility]}. ${summary}`,
    element("ul", {}, ...ops.map((op) => element("li", {}, ...withCode(op)))),
  );
}

/** Words with code between backticks. */
function withCode(words) {
  return words.split("`").map((part, index) => (index % 2 === 0 ? part : element("code", {}, part)));
}
