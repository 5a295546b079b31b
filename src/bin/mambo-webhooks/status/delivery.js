// The panel with the attempts of one delivery. Its address is #delivery=N, so that it can be linked to.
import { at, duration, make, outcome, say, time } from "./page.js";

/** Sets the panel up: it opens by a link or an address, and closes by its button, Escape, or a press beside it. */
export function setUpDelivery() {
  const panel = at("delivery");
  addEventListener("hashchange", follow);
  at("close").addEventListener("click", () => panel.close());
  panel.addEventListener("click", ({ target }) => target === panel && panel.close());
  panel.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  follow();
}

/** Opens the delivery that the address names. */
async function follow() {
  const found = /^#delivery=(\d{1,18})$/.exec(location.hash);
  if (found === null) return at("delivery").close();
  const [, number] = found;
  say(at("delivery-title"), `Delivery ${number}`);
  say(at("delivery-said"), "Looking…");
  at("delivery-facts").replaceChildren();
  at("attempts").hidden = true;
  if (!at("delivery").open) at("delivery").showModal();
  const [answer, problem] = await ask(number);
  if (location.hash !== found[0]) return;
  say(at("delivery-said"), problem);
  if (answer) show(answer);
}

/** The answer about a delivery, or what is wrong. */
async function ask(number) {
  try {
    const response = await fetch(`/delivery?id=${number}`);
    if (response.ok) return [await response.json(), ""];
    return [undefined, response.status === 404 ? "No attempt of this delivery is in the log." : "The store fails."];
  } catch {
    return [undefined, "The worker does not answer."];
  }
}

function show({ event, type, tenant, endpoint, state, replays, attempts }) {
  const facts = [
    ["State", state],
    ["Event type", type],
    ["Event", event],
    ["Endpoint", endpoint],
    ["Tenant", tenant],
    ["Replays", replays === null ? undefined : make("a", { href: `#delivery=${replays}` }, `delivery ${replays}`)],
  ];
  const known = facts.filter(([, value]) => value !== undefined && value !== null);
  at("delivery-facts").replaceChildren(...known.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  at("attempts").hidden = false;
  at("attempts").tBodies[0].replaceChildren(...attempts.map(row));
}

function row({ attempt, isManual, isDelivered, startedMs, elapsedMs, version, remote, ...answer }) {
  const cell = (label, className, ...content) => make("td", { role: "cell", "data-label": label, class: className }, ...content);
  return make(
    "tr",
    { role: "row" },
    make("th", { role: "rowheader", scope: "row", class: "number" }, String(attempt), ...(isManual ? [make("small", {}, "by hand")] : [])),
    cell("Started", "", time(startedMs, "at")),
    cell("Outcome", isDelivered ? "good" : "bad", outcome(answer)),
    cell("Took", "number", duration(elapsedMs)),
    cell("Version", "", version ?? "—"),
    cell("Remote address", "", remote ?? "—"),
  );
}
