// Elements and formats. Text goes in as text: nothing that a tenant or a receiver chose becomes markup.

export const at = (id) => document.getElementById(id);

/** An element with attributes and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** An element of a drawing. */
export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Sets a text, unless it is there: a screen reader reads a live region again when it is set. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets the children that stand for items. Elements of items that have not changed stay, with their focus. */
export function keep(parent, items, keyOf, build) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let focus;
  items.forEach((item, place) => {
    const [key, print] = [String(keyOf(item)), JSON.stringify(item)];
    let child = known.get(key);
    known.delete(key);
    if (child?.dataset.print !== print) {
      const old = child;
      child = build(item);
      Object.assign(child.dataset, { key, print });
      if (old?.contains(document.activeElement)) focus = child.querySelector("a, button");
      old?.replaceWith(child);
    }
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  for (const child of known.values()) child.remove();
  focus?.focus({ preventScroll: true });
}

const two = (number) => String(number).padStart(2, "0");

/** A time of day in the reader's zone. */
export function clock(ms, withSeconds = true) {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), ...(withSeconds ? [date.getSeconds()] : [])].map(two).join(":");
}

/** A date and a time of day in the reader's zone. */
export function moment(ms) {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(ms)}`;
}

/** A duration in a word or two, such as 45 s, 12 min, 3 h, 2 d. */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 5940) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** A response time. */
export function duration(ms) {
  if (ms < 1000) return `${ms} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0).replace(/\.0$/, "")} s`;
}

export const count = (number) => (number ?? "—").toLocaleString("en");
export const plural = (number, one, more = `${one}s`) => `${count(number)} ${number === 1 ? one : more}`;

/** How far the store's clock is ahead of the reader's. */
let ahead = 0;
export const setNow = (ms) => (ahead = ms - Date.now());
export const now = () => Date.now() + ahead;

/** What an age is counted to. */
const ages = { ago: (ms) => `${span(now() - ms)} ago`, until: (ms) => `for ${span(ms - now())}`, at: moment };

/** A time: its age, or the time of day; all of it, in UTC, is in its title. */
export function time(ms, form = "ago") {
  const element = make("time", { datetime: new Date(ms).toISOString(), "data-ms": ms, "data-form": form }, ages[form](ms));
  element.title = `${moment(ms)}, in UTC ${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}`;
  return element;
}

/** Brings every age on the page up to date. */
export function tick() {
  for (const element of document.querySelectorAll("time[data-ms]")) say(element, ages[element.dataset.form](Number(element.dataset.ms)));
}

/** How an attempt ended. */
export const outcome = ({ status, failure }) => [status, failure].filter((part) => part !== null && part !== undefined).join(" ");
