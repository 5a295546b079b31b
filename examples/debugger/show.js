// From values to elements. Text only goes in as text, and the page's policy knows no other way.
import { diffLines } from "diff";

/** An element with properties and children. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A number of things, in the singular or the plural. */
export const counted = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** A button that copies what `text` gives, and says so. */
export function copyButton(label, text) {
  const button = element("button", { type: "button" }, label);
  button.addEventListener("click", async () => {
    const toast = document.querySelector("#toast");
    try {
      await navigator.clipboard.writeText(text());
      toast.textContent = "Copied.";
    } catch {
      // Without https there is no clipboard for pages, and browsers may refuse.
      toast.textContent = "The browser does not let pages copy: select the text.";
    }
  });
  return button;
}

/** Names and values. */
export function list(entries) {
  const rows = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element("dl", {}, ...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))));
}

/** A value that can be opened. */
export function tree(value, name) {
  const label = name === undefined ? "" : `${name}: `;
  if (typeof value !== "object" || value === null) return element("li", {}, label, JSON.stringify(value) ?? "nothing");
  const entries = Object.entries(value);
  const brackets = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  if (entries.length === 0) return element("li", {}, label, brackets);
  const inner = element("ul", {}, ...entries.map(([key, each]) => tree(each, key)));
  return element("li", {}, element("details", { open: name === undefined }, element("summary", {}, `${label}${brackets}`), inner));
}

/** Two shapes of one payload, side by side, with a sign where they differ. */
export function sideBySide(titles, before, after) {
  const body = element("tbody");
  const row = (left, right) => {
    const cell = (text, sign, name) =>
      element("td", { className: text === undefined ? "" : name }, text === undefined ? "" : `${sign} ${text}`);
    const same = left === right;
    body.append(element("tr", {}, cell(left, same ? " " : "−", same ? "" : "removed"), cell(right, same ? " " : "+", same ? "" : "added")));
  };
  const lines = (part) => part.value.replace(/\n$/, "").split("\n");
  const parts = diffLines(`${before}\n`, `${after}\n`);
  for (let at = 0; at < parts.length; at += 1) {
    const [part, next] = [parts[at], parts[at + 1]];
    if (!part.removed && !part.added) lines(part).forEach((line) => row(line, line));
    else {
      const left = part.removed ? lines(part) : [];
      const right = part.added ? lines(part) : next?.added ? lines(next) : [];
      if (part.removed && next?.added) at += 1;
      for (let line = 0; line < Math.max(left.length, right.length); line += 1) row(left[line], right[line]);
    }
  }
  const head = element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)));
  return element("table", { className: "diff" }, element("thead", {}, head), body);
}
