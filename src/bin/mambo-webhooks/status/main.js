// Asks the worker again and again, and shows what it says: a verdict first, then figures, charts and lists.
import { setUpCharts, showCharts } from "./charts.js";
import { setUpDelivery } from "./delivery.js";
import { showEndpoints, showFailures } from "./endpoints.js";
import { at, clock, count, duration, keep, make, now, say, setNow, span, tick } from "./page.js";
import { verdict } from "./verdict.js";

const SNAPSHOT_MS = 2000;
const CHARTS_MS = 10_000;
/** The pause between two questions of a page that is not looked at. */
const HIDDEN_MS = 30_000;

/** What the address asks for. */
const asked = new URLSearchParams(location.search);
let skip = 0;
/** The latest snapshot, and when the worker last answered. */
let latest;
let answered;

/** Asks a path of the worker, about the tenant that is chosen. */
async function ask(path, more) {
  const query = new URLSearchParams({ ...(asked.has("tenant") && { tenant: asked.get("tenant") }), ...more });
  const response = await fetch(`${path}?${query}`);
  if (response.ok) return { answer: await response.json() };
  const { error } = await response.json().catch(() => ({ error: `status ${response.status}` }));
  return { error };
}

/** The last questions: an answer to one before it is too late. */
const last = {};

/** Asks for a snapshot now, and again later. */
async function look() {
  const own = (last.look = Symbol());
  const found = await ask("/snapshot", { find: asked.get("find") ?? "", skip }).catch(() => ({}));
  if (last.look !== own) return;
  if (found.answer) {
    latest = found.answer;
    answered = Date.now();
    show(latest);
  }
  showVerdict(verdict(found, latest));
  setTimeout(() => last.look === own && look(), document.hidden ? HIDDEN_MS : SNAPSHOT_MS);
}

/** Asks for the charts now, and again later. */
async function lookAtCharts() {
  const own = (last.charts = Symbol());
  const found = await ask("/charts", { range: asked.get("range") ?? "1h" }).catch(() => ({}));
  if (last.charts !== own) return;
  if (found.answer) showCharts(found.answer);
  setTimeout(() => last.charts === own && lookAtCharts(), document.hidden ? HIDDEN_MS : CHARTS_MS);
}

function show(snapshot) {
  setNow(snapshot.nowMs);
  showTenants(snapshot);
  keep(at("figures"), figures(snapshot), ({ name }) => name, figure);
  showEndpoints(snapshot);
  showFailures(snapshot);
  tick();
}

function showVerdict({ mood, said, why }) {
  at("verdict").dataset.mood = mood;
  say(at("said"), said);
  say(at("why"), why);
  showAge();
  document.title = mood === "good" ? "Mambo webhooks: sender" : `${said} · Mambo webhooks`;
  const icon = ["bad", "warn"].includes(mood) ? "/bad.svg" : "/good.svg";
  if (at("icon").getAttribute("href") !== icon) at("icon").href = icon;
}

/** Says how old the figures are. */
function showAge() {
  if (answered === undefined) return;
  const age = Date.now() - answered;
  say(at("as-of"), age < HIDDEN_MS ? `As of ${clock(latest.nowMs)}` : `As of ${clock(latest.nowMs)}, ${span(age)} ago`);
}

/** The key figures, each with a note. */
function figures({ counts, rate }) {
  const ratio = rate.attempts === 0 ? "—" : `${Math.floor((rate.delivered / rate.attempts) * 1000) / 10} %`;
  const lately = `last ${rate.minutes} min`;
  const isLow = rate.attempts > 0 && rate.delivered / rate.attempts < 0.95;
  const waiting = [
    ["Scheduled", counts.scheduled, "wait for their retry"],
    ["Ready", counts.ready, "due now"],
  ];
  const backlog = counts.scheduled === null ? [["Waiting", counts.waiting, "scheduled or due"]] : waiting;
  const all = [
    ...backlog.map(([name, value, note]) => ({ name, value: count(value), note })),
    { name: "In flight", value: count(counts.inFlight), note: "with a worker" },
    { name: "Dead", value: count(counts.dead), note: "not tried again", mood: counts.dead > 0 ? "bad" : "" },
    { name: "Oldest waiting", value: counts.oldestMs === null ? "—" : span(now() - counts.oldestMs), note: "since its event came" },
    { name: "Attempts / min", value: perMinute(rate), note: lately },
    { name: "Delivered", value: ratio, note: `of attempts, ${lately}`, mood: isLow ? "bad" : "" },
    { name: "p99", value: rate.attempts === 0 ? "—" : duration(rate.p99Ms), note: `response time, ${lately}` },
  ];
  return all;
}

function perMinute({ attempts, minutes }) {
  const value = attempts / minutes;
  return count(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}

function figure({ name, value, note, mood = "" }) {
  return make("div", { class: "card" }, make("dt", {}, name), make("dd", { class: mood }, value), make("dd", { class: "note" }, note));
}

/** Offers the tenants, if there is a choice. */
function showTenants({ tenants, pinned, tenant }) {
  at("pinned").hidden = pinned === null;
  say(at("pinned"), `Tenant ${pinned ?? ""} only`);
  at("tenant-choice").hidden = pinned !== null || (tenants.length < 2 && tenant === null);
  const names = tenant !== null && !tenants.includes(tenant) ? [...tenants, tenant] : tenants;
  keep(
    at("tenant"),
    ["", ...names],
    (name) => name,
    (value) => make("option", { value }, value === "" ? "All tenants" : value),
  );
  if (document.activeElement !== at("tenant")) at("tenant").value = asked.get("tenant") ?? "";
}

/** Takes a choice: into the address, and into the next question. */
function choose(name, value) {
  if (value === "") asked.delete(name);
  else asked.set(name, value);
  const query = asked.size === 0 ? "" : `?${asked}`;
  history.replaceState(null, "", location.pathname + query + location.hash);
}

function listen() {
  at("find").value = asked.get("find") ?? "";
  at("find").addEventListener("input", () => {
    choose("find", at("find").value.trim());
    skip = 0;
    look();
  });
  at("tenant").addEventListener("change", () => {
    choose("tenant", at("tenant").value);
    skip = 0;
    look();
    lookAtCharts();
  });
  for (const input of at("range").querySelectorAll("input")) {
    input.checked = input.value === (asked.get("range") ?? "1h");
    input.addEventListener("change", () => {
      choose("range", input.value);
      lookAtCharts();
    });
  }
  const turn = (pages) => {
    skip = Math.max(0, skip + pages * latest.endpoints.most);
    look();
  };
  at("previous").addEventListener("click", () => turn(-1));
  at("next").addEventListener("click", () => turn(1));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    look();
    lookAtCharts();
  });
  setInterval(() => {
    tick();
    showAge();
  }, 1000);
}

listen();
setUpCharts();
setUpDelivery();
look();
lookAtCharts();
