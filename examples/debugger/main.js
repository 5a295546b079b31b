// The debugger. Its first view judges a delivery at every change; two more compare registries and infer their changes.
import { createReceiver } from "mambo-webhooks";
import { changelog, detect } from "mambo-webhooks/tools";
import { sample, sign } from "mambo-webhooks/testing";
import { diff, setUpDiff } from "./diff.js";
import { clearInference, setUpInfer } from "./infer.js";
import { bytesOf, headersOf, pastedRequest, requestOf, textOf } from "./input.js";
import { at, field, tell, tried } from "./page.js";
import { fillSample } from "./sample.js";
import { copyButton, element, list, sideBySide, tree } from "./show.js";
import { setUpViews, showView } from "./views.js";

const EVENT_TYPES = [
  "Ping",
  "ActivityCreated",
  "ActivityBehavioursAdded",
  "ActivityAwardedAdded",
  "ActivityExpiredPointsDebited",
  "ActivityRejected",
  "NotificationCreated",
  "NotificationRead",
  "PointWalletUpdated",
];
const TIMELY = { pastSeconds: "unlimited", futureSeconds: "unlimited" };

/** The body of a file, as long as its text is not edited. */
let fileBody;

const body = () => fileBody ?? bytesOf(at("body").value);

/** What is filled in, as a receiver takes it; empty fields are left out. */
function options(more) {
  const settings = { secret: at("secret").value, allowShortSecrets: true };
  for (const name of ["profile", "registry", "pinned", "eventType"]) if (field(name) !== "") settings[name] = field(name);
  return { ...settings, ...more };
}

function judge() {
  at("bytes").textContent = `The body has ${body().length} bytes${fileBody === undefined ? "" : ", from a file"}.`;
  const delivery = { headers: headersOf(at("headers").value), body: body() };
  const isComplete = at("secret").value !== "" && delivery.headers.length > 0;
  for (const id of ["event-card", "versions-card", "detected-card"]) at(id).hidden = !isComplete;
  if (isComplete) {
    const event = verdict(delivery);
    profiles(delivery);
    shapes(delivery, event);
  } else tell("verdict", "none", "Nothing to judge yet", "Fill in headers, body and secret.");
  const { found, error } = tried(() => changelog(field("registry") || undefined));
  at("changelog").textContent = found ?? error.message;
  listVersions();
  diff();
  curl();
}

/** Says whether the delivery is accepted, and hands back its event if its signature holds, however old it is. */
function verdict(delivery) {
  const { found, error } = tried(() => createReceiver(options()).receive(delivery));
  const isUntimely = error?.code === "timestamp_too_old" || error?.code === "timestamp_too_new";
  const signed = isUntimely ? tried(() => createReceiver(options({ tolerance: TIMELY })).receive(delivery)).found : found;
  at("versions-card").hidden = signed === undefined;
  if (found) tell("verdict", "good", "Valid", "A receiver with this secret and profile accepts it.");
  else if (signed) {
    const words = "A captured delivery grows old; a receiver takes five minutes unless it is told otherwise.";
    tell("verdict", "warn", "Signed correctly, but not accepted now", reason(error), words);
  } else {
    const { found: diagnosis } = tried(() => createReceiver(options()).diagnose(delivery));
    tell("verdict", "bad", "Refused", reason(error), ...remedies(diagnosis?.causes ?? []));
  }
  if (signed === undefined) at("event").replaceChildren(element("p", {}, "Only what is signed is shown."));
  else at("event").replaceChildren(...eventParts(signed));
  return signed;
}

const reason = ({ code, message }) => element("p", {}, element("code", {}, code), ` ${message}`);

/** What would make a refused delivery pass. */
function remedies(causes) {
  if (causes.length === 0) return [];
  const items = causes.map(({ message }) => element("li", {}, message));
  return [element("div", {}, element("p", {}, "What would make it pass:"), element("ul", {}, ...items))];
}

function eventParts({ event, keyId, timestamp, receivedVersion, versionStatus, replayKey, eventKey }) {
  return [
    list([
      ["Event type", event.type ?? "not named"],
      ["Id", event.id],
      ["Version", receivedVersion ?? "not named"],
      ["Version status", versionStatus],
      ["Signed", new Date(timestamp).toISOString()],
      ["Key", keyId],
      ["Event key", eventKey],
      ["Replay key", replayKey],
    ]),
    element("ul", { className: "tree" }, tree(event.data)),
  ];
}

function profiles(delivery) {
  const { profiles: found, undecided } = detect({ ...delivery, secrets: [at("secret").value] });
  if (found.length === 0) {
    at("detected").replaceChildren(element("p", {}, "None of those tried fits: the secret, the body or a header is not what was signed."));
    return;
  }
  at("detected").replaceChildren(...found.flatMap(profileParts), ...undecidedParts(undecided));
}

/** A profile that fits, to copy or to use. */
function profileParts({ profile, encoding }) {
  const text = JSON.stringify(profile, null, 2);
  const use = element("button", { type: "button" }, "Use it");
  use.addEventListener("click", () => {
    at("profile").value = text;
    at("settings").open = true;
    clearInference();
    judge();
  });
  const { header } = profile.scheme;
  const secret = encoding === "utf8" ? "" : ` The secret is written in ${encoding}: keys: [{ secret, encoding: "${encoding}" }].`;
  const copy = copyButton("Copy the profile", () => text);
  return [
    element("p", {}, "A profile for the header ", element("code", {}, header), ` fits.${secret}`),
    element("p", { className: "buttons" }, copy, use),
    element("details", {}, element("summary", {}, "The profile as JSON"), element("pre", {}, text)),
  ];
}

/** What one delivery does not show of its profile. */
function undecidedParts(undecided) {
  if (undecided.length === 0) return [];
  const items = undecided.map(({ code, message }) => element("li", {}, element("code", {}, code), ` ${message}`));
  return [element("p", {}, "What this delivery does not decide:"), element("ul", {}, ...items)];
}

/** Puts a registry into its field, in place of what was there. */
function useRegistry(text) {
  const where = ["", text].includes(field("registry")) ? "" : ", in place of the registry before it";
  at("registry").value = text;
  judge();
  at("toast").textContent = `The registry field holds it now${where}.`;
}

/** Offers the registry's versions wherever a version is asked for. */
function listVersions() {
  const { found: registry } = tried(() => (field("registry") === "" ? {} : JSON.parse(field("registry"))));
  const versions = Array.isArray(registry?.versions) ? registry.versions : [];
  at("known-versions").replaceChildren(...versions.map((value) => element("option", { value })));
}

function shapes(delivery, signed) {
  const wanted = field("wanted");
  if (signed === undefined || wanted === "") return at("versions").replaceChildren();
  const { found, error } = tried(() => createReceiver(options({ tolerance: TIMELY, targetVersion: wanted })).receive(delivery));
  if (error) return at("versions").replaceChildren(element("p", { className: "bad" }, error.message));
  const printed = ({ event }) => JSON.stringify(event.data, null, 2);
  const known = found.receivedVersion === null ? "The delivery names no version: say above what it is pinned to. " : "";
  at("versions").replaceChildren(
    element("p", {}, known, found.applied.length === 0 ? "Nothing changes." : `Changed by: ${found.applied.join(", ")}.`),
    ...found.losses.map(({ change, at: place, kind }) => element("p", { className: "bad" }, `Lost by ${change} at ${place}: ${kind}`)),
    sideBySide(
      [`as received${found.receivedVersion ? `, ${found.receivedVersion}` : ""}`, `as of ${wanted}`],
      printed(signed),
      printed(found),
    ),
  );
}

/** A signed delivery for a shell. It holds a signature, and not the secret. */
function curl() {
  const secret = at("secret").value;
  const type = at("test-type").value;
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const { found, error } = tried(() => {
    const [profile, pinned, registry] = ["profile", "pinned", "registry"].map((id) => field(id) || undefined);
    const text = sample(type, { ...(registry && { registry }), ...(pinned && { version: pinned }) });
    const header = profile === undefined ? "x-mambo-signature" : (JSON.parse(profile)?.scheme?.header ?? "x-mambo-signature");
    const value = sign({ secret, body: text, ...(profile && { profile }) });
    return [
      "curl --include",
      "-H 'content-type: application/json'",
      `-H ${quoted(`${header}: ${value}`)}`,
      `--data-binary ${quoted(text)}`,
      quoted(at("url").value),
    ].join(" \\\n  ");
  });
  const hint = secret === "" ? "Fill in a secret." : error?.message;
  if (hint !== undefined) return at("curl").replaceChildren(element("p", {}, hint));
  at("curl").replaceChildren(
    element("pre", { tabIndex: 0, role: "region", ariaLabel: "Command" }, found),
    copyButton("Copy the command", () => found),
    element("p", { className: "hint" }, "Good for five minutes from now."),
  );
}

/** A file that was chosen or dropped: a whole request, or a body. */
async function take(file, isRequest) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const request = isRequest ? requestOf(bytes) : { body: bytes };
  if (request.headers !== undefined) at("headers").value = request.headers;
  at("body").value = textOf(request.body);
  fileBody = request.body;
  showView("delivery");
  judge();
}

const looksLikeRequest = (file) =>
  file
    .slice(0, 16)
    .text()
    .then((start) => /^[A-Z]+ \S/.test(start));

at("test-type").append(...EVENT_TYPES.map((type) => element("option", {}, type)));
at("event-types").append(...EVENT_TYPES.map((value) => element("option", { value })));
setUpInfer(useRegistry);
setUpDiff();
setUpViews();
at("sample").addEventListener("click", () => {
  fillSample();
  clearInference();
  fileBody = undefined;
  judge();
});
at("clear").addEventListener("click", () => {
  for (const input of document.querySelectorAll("textarea, input:not([type=checkbox], [type=radio], [type=url])")) input.value = "";
  fileBody = undefined;
  clearInference();
  judge();
  at("headers").focus();
});
at("show").addEventListener("change", () => (at("secret").type = at("show").checked ? "text" : "password"));
at("headers").addEventListener("input", () => {
  const request = pastedRequest(at("headers").value);
  if (request === undefined) return;
  at("headers").value = request.headers;
  at("body").value = request.body;
  fileBody = undefined;
});
at("profile").addEventListener("input", clearInference);
at("body").addEventListener("input", () => (fileBody = undefined));
at("request-file").addEventListener("change", ({ target }) => target.files[0] && take(target.files[0], true));
at("body-file").addEventListener("change", ({ target }) => target.files[0] && take(target.files[0], false));
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, async (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", name === "dragover");
    for (const file of name === "drop" ? event.dataTransfer.files : []) await take(file, await looksLikeRequest(file));
  });
}
document.addEventListener("input", ({ target }) => {
  // Both listen for their own input, which does not change the delivery.
  if (target.closest("#infer, #diff") === null) judge();
});
judge();
