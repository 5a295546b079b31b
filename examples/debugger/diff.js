// The comparison of two versions of the page's registry, or of two registries.
import { diffRegistries } from "mambo-webhooks/tools";
import { at, field, tell, tried } from "./page.js";
import { element } from "./show.js";

const COMPATIBILITY = { additive: "additive", breaking: "breaking", breaking_data_lost: "breaking, data is lost" };

/** Sets the comparison up. */
export function setUpDiff() {
  at("diff").addEventListener("input", diff);
}

/** Shows the difference that the fields ask for. */
export function diff() {
  const ofVersions = at("compare-versions").checked;
  at("diff-versions").hidden = !ofVersions;
  at("diff-registries").hidden = ofVersions;
  const details = compare(ofVersions ? versions() : registries());
  at("differences-card").hidden = details.length === 0;
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

/** Says how the registries differ, and returns the details. */
function compare({ hint, options }) {
  const { found, error } = hint ? {} : tried(() => diffRegistries(options));
  if (hint) tell("diff-status", "none", "Nothing to compare yet", hint);
  else if (error) tell("diff-status", "bad", "Not compared", error.message);
  else if (found.events.length === 0) tell("diff-status", "good", "No payload has another shape");
  else {
    const breaking = found.events.filter(isBreaking).length;
    const words = `Event types that differ: ${found.events.length}. Breaking: ${breaking}.`;
    tell("diff-status", found.breaking ? "bad" : "good", found.breaking ? "Breaking" : "Additive", words);
  }
  return (found?.events ?? []).flatMap(eventParts);
}

const isBreaking = ({ status, changes }) => status === "gone" || changes.some(({ compatibility }) => compatibility !== "additive");

/** The differences of one event type. */
function eventParts(event) {
  const { eventType, status, changes } = event;
  const [className, meaning] = isBreaking(event) ? ["bad", "breaking"] : ["good", "additive"];
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
