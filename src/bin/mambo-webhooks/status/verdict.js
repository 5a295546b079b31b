// The sentence at the top: is all well, and if not, what is wrong.
import { plural } from "./page.js";

/** What each trouble is called in a list of numbers. */
const NAMES = [
  ["disabled", "disabled"],
  ["breaker", "behind an open breaker"],
  ["unreadable", "unreadable"],
  ["failing", "failing"],
  ["backlog", "with a backlog"],
  ["slow", "slow"],
];
const GRAVE = ["disabled", "breaker", "unreadable"];

/** A mood, a sentence, and its reasons: from the answer to the last question, and the last snapshot that came. */
export function verdict({ answer, error }, latest) {
  const old = latest ? "The figures below are old." : "";
  if (error) return { mood: "bad", said: "The store fails", why: `The worker cannot read it: ${error}. ${old}` };
  if (!answer) return { mood: "bad", said: "The worker does not answer", why: `It may have stopped. ${old}` };
  const { endpoints, counts } = answer;
  const notes = [];
  if (endpoints.paused > 0) notes.push(`${plural(endpoints.paused, "endpoint is", "endpoints are")} disabled by hand.`);
  if (counts.dead > 0) notes.push(`${plural(counts.dead, "delivery is", "deliveries are")} dead, and can be retried.`);
  if (endpoints.all === 0) return { mood: "none", said: "No endpoints yet", why: "Add one with mambo-webhooks endpoint add." };
  if (endpoints.inTrouble === 0)
    return { mood: "good", said: "All good", why: [`${plural(endpoints.all, "endpoint")}, none in trouble.`, ...notes].join(" ") };
  const verb = endpoints.inTrouble === 1 ? "is" : "are";
  const parts = NAMES.filter(([key]) => endpoints[key] > 0).map(([key, name]) => `${endpoints[key].toLocaleString("en")} ${name}`);
  return {
    mood: GRAVE.some((key) => endpoints[key] > 0) ? "bad" : "warn",
    said: `${endpoints.inTrouble.toLocaleString("en")} of ${plural(endpoints.all, "endpoint")} ${verb} in trouble`,
    why: [`${parts.join(", ")}.`, ...notes].join(" "),
  };
}
