// The table of endpoints, and the list of recent failures.
import { at, count, duration, keep, make, outcome, say, time } from "./page.js";

/** What a trouble is called, and how grave it is. */
const TROUBLES = {
  disabled: ["Disabled", "bad"],
  breaker: ["Breaker open", "bad"],
  unreadable: ["Unreadable", "bad"],
  failing: ["Failing", "warn"],
  paused: ["Disabled by hand", "soft"],
  backlog: ["Backlog", "warn"],
  slow: ["Slow", "warn"],
};
const REASONS = { disabled_gone: "answered 410 Gone", disabled_failing: "failed for too long" };

/** Shows the endpoints of one page of the table. */
export function showEndpoints({ endpoints, tenants, pinned }) {
  const withTenant = pinned === null && tenants.length > 1;
  const rows = endpoints.rows.map((row) => ({ ...row, withTenant }));
  keep(at("endpoints").tBodies[0], rows, ({ tenant, id }) => JSON.stringify([tenant, id]), endpointRow);
  const { matching, all, skip, most } = endpoints;
  at("endpoints").hidden = matching === 0;
  at("no-endpoints").hidden = matching > 0;
  say(at("no-endpoints"), all === 0 ? "No endpoints yet. Add one with mambo-webhooks endpoint add." : "No endpoint matches.");
  at("paging").hidden = matching <= most;
  say(at("shown"), `${count(skip + 1)} to ${count(Math.min(skip + most, matching))} of ${count(matching)}`);
  at("previous").disabled = skip === 0;
  at("next").disabled = skip + most >= matching;
}

/** A cell, with the heading of its column for narrow screens. */
const cell = (label, className, ...content) => make("td", { role: "cell", "data-label": label, class: className }, ...content);

function endpointRow(row) {
  const { tenant, id, host, withTenant, waiting, inFlight, dead, delivered, attempts, p50Ms, p99Ms } = row;
  const where = [withTenant ? tenant : undefined, host ?? undefined].filter((part) => part !== undefined).join(" · ");
  const head = make("th", { role: "rowheader", scope: "row" }, make("span", { class: "id" }, id), make("small", {}, where));
  const times = attempts === 0 ? ["—", "—"] : [duration(p50Ms), duration(p99Ms)];
  return make(
    "tr",
    { role: "row" },
    head,
    cell("State", "state", ...stateParts(row)),
    cell("Last failure", "failure", ...failureParts(row)),
    cell("Waiting", "number", count(waiting)),
    cell("In flight", "number least", count(inFlight)),
    cell("Dead", dead > 0 ? "number bad" : "number", count(dead)),
    cell("Delivered", "number", `${count(delivered)} of ${count(attempts)}`),
    cell("p50", "number least", times[0]),
    cell("p99", "number", times[1]),
  );
}

function stateParts({ trouble, state, breaker, breakerUntilMs, failures, failingSinceMs }) {
  const [name, mood] = TROUBLES[trouble] ?? [state === "leaving" ? "Being removed" : "Good", state === "leaving" ? "soft" : "good"];
  const shown = breaker === "probing" && trouble === "breaker" ? "Breaker probing" : name;
  const parts = [make("span", { class: `badge ${mood}` }, shown)];
  const notes = [];
  if (REASONS[state]) notes.push(REASONS[state]);
  if (breakerUntilMs !== null) notes.push(make("span", {}, time(breakerUntilMs, "until")));
  if (failures > 0 && failingSinceMs !== null) notes.push(make("span", {}, `${count(failures)} failed, the first `, time(failingSinceMs)));
  if (notes.length > 0) parts.push(make("small", {}, ...notes.flatMap((note, index) => (index > 0 ? ["; ", note] : [note]))));
  return parts;
}

function failureParts({ lastFailure, tenant, id }) {
  if (lastFailure === null) return ["—"];
  const words = outcome(lastFailure);
  const label = `${words}, delivery ${lastFailure.delivery} of ${tenant} ${id}`;
  return [
    make("a", { href: `#delivery=${lastFailure.delivery}`, "aria-label": label }, words),
    make("small", {}, time(lastFailure.startedMs)),
  ];
}

/** Shows the last failures, each with a link to its delivery. */
export function showFailures({ failures, tenants, pinned }) {
  const withTenant = pinned === null && tenants.length > 1;
  const items = failures.map((failure) => ({ ...failure, withTenant }));
  keep(at("failures"), items, ({ delivery, attempt, startedMs }) => `${delivery} ${attempt} ${startedMs}`, failureItem);
  at("no-failures").hidden = failures.length > 0;
}

function failureItem(failure) {
  const { delivery, type, tenant, endpoint, attempt, startedMs, elapsedMs, withTenant, state } = failure;
  const to = withTenant ? `${endpoint} (${tenant})` : endpoint;
  const facts = `attempt ${attempt}, ${duration(elapsedMs)}, delivery ${delivery} is ${state}`;
  return make(
    "li",
    {},
    make(
      "a",
      { href: `#delivery=${delivery}`, "aria-label": `${outcome(failure)}: delivery ${delivery}, attempt ${attempt}` },
      outcome(failure),
    ),
    make("span", { class: "what" }, make("span", {}, `${type} to ${to}`), make("small", {}, facts)),
    time(startedMs),
  );
}
