// The page's fields and verdicts, and calls into the library that may fail.
import { element } from "./show.js";

export const at = (id) => document.querySelector(`#${id}`);
export const field = (id) => at(id).value.trim();

/** What `act` returns, or the failure that it throws. */
export function tried(act) {
  try {
    return { found: act() };
  } catch (error) {
    // The library's failures, and JSON that is being typed.
    if (!["WebhookError", "SyntaxError", "TypeError"].includes(error.name)) throw error;
    return { error };
  }
}

/** Shows a verdict: a mood (good, warn, bad or none), a sentence, and what follows it, as text or elements. */
export function tell(id, mood, sentence, ...parts) {
  const paragraphs = parts.map((part) => (typeof part === "string" ? element("p", {}, part) : part));
  const [status, made] = [at(id), element("div", {}, element("p", { className: "said" }, sentence), ...paragraphs)];
  status.parentElement.dataset.mood = mood;
  // An unchanged verdict stays as it is, so that a screen reader does not read it again.
  if (status.innerHTML !== made.innerHTML) status.replaceChildren(...made.childNodes);
}
