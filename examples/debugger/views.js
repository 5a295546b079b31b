// The page's views: one is shown, the one that the address names, so that a link leads to each.
import { at } from "./page.js";

const views = () => [...document.querySelectorAll(".view")];

/** Sets the views up. */
export function setUpViews() {
  window.addEventListener("hashchange", show);
  show();
}

/** Leads to a view. */
export function showView(id) {
  if (at(id).hidden) location.hash = id;
}

function show() {
  const named = views().find(({ id }) => `#${id}` === location.hash) ?? views()[0];
  for (const view of views()) view.hidden = view !== named;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${named.id}`) link.ariaCurrent = "page";
    else link.removeAttribute("aria-current");
  }
}
