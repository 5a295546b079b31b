// A body that the host has parsed needs no second parser: the core is shown an outline of it, in which stand-ins take
// the place of all that it does not look at, and what comes back has the host's own values in their place. Bodies that
// differ in nothing else have one outline, and the core's answer to it is kept.
import type { CoreDelivery } from "./core_bg.js";

/** Marks stand-ins. No character of Unicode, so that hardly a body has it; one that shows it is read by the core. */
export const MARK = "\uFDD0";
/** Answers that are kept, and the longest outline they are kept for. */
const MOST_ANSWERS = 64;
const LONGEST_OUTLINE = 1024;

/** A place that matters in a body, or one on the way to it. */
export interface Outline {
  /** Letters of what is looked at there, as `outlined` in js/module/src/ask.rs has them. */
  roles: string;
  /** The name of this member as JSON, with its colon. */
  readonly name: string;
  /** Elements of this list matter. */
  hasElements: boolean;
  readonly members: Map<string, Outline>;
}

/** Gives an object a member, also one that all objects inherit, or that assigning would make its prototype. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name in object) Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  else object[name] = value;
}

/** Members of one object that stand beside each other, and of which none matters. */
class Run {
  readonly #holder: Record<string, unknown>;
  readonly #names: readonly string[];
  readonly #start: number;
  readonly #end: number;

  constructor(holder: Record<string, unknown>, names: readonly string[], start: number, end: number) {
    this.#holder = holder;
    this.#names = names;
    this.#start = start;
    this.#end = end;
  }

  putInto(object: Record<string, unknown>): void {
    for (let at = this.#start; at < this.#end; at += 1) put(object, this.#names[at]!, this.#holder[this.#names[at]!]);
  }
}

/** The first stand-ins, as they are needed for every body. */
const FIRST = Array.from({ length: 32 }, (_, number) => `"${MARK}${number}"`);
const SURROGATE = /[\ud800-\udfff]/;
const standIn = (number: number): string => FIRST[number] ?? `"${MARK}${number}"`;

const branch = (name: string): Outline => ({ roles: "", name: `${JSON.stringify(name)}:`, hasElements: false, members: new Map() });

/** The outline that a list of roles and pointers stands for. */
export function outlineOf(places: readonly string[]): Outline {
  const root = branch("");
  for (const place of places) {
    let at = root;
    for (const segment of place.slice(1).split("/").slice(1)) {
      if (segment === "*") {
        at.hasElements = true;
        break;
      }
      const name = segment === "~2" ? "*" : segment.replaceAll("~1", "/").replaceAll("~0", "~");
      let next = at.members.get(name);
      if (next === undefined) at.members.set(name, (next = branch(name)));
      at = next;
    }
    if (!at.roles.includes(place[0]!)) at.roles += place[0]!;
  }
  return root;
}

/** The outline of a body as JSON text; nothing where the body's own text is needed. */
export function outlined(body: unknown, outline: Outline, away: unknown[]): string | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
  // A single member may be a ping, of which the core also wants to see that it stands there once.
  if (Object.keys(body).length < 2) return undefined;
  return members(body as Record<string, unknown>, outline, away);
}

function members(value: Record<string, unknown>, outline: Outline, away: unknown[]): string | undefined {
  const names = Object.keys(value);
  let text = "{";
  let start = 0;
  for (let at = 0; at <= names.length; at += 1) {
    const name = names[at];
    const inner = name === undefined ? undefined : outline.members.get(name);
    if (name === "__proto__") return undefined;
    if (inner === undefined && name !== undefined) continue;
    if (start < at) text += `${standIn(away.push(new Run(value, names, start, at)) - 1)}:0,`;
    start = at + 1;
    if (inner === undefined || name === undefined) continue;
    const shown = member(value[name], inner, away);
    if (shown === undefined || name.startsWith(MARK)) return undefined;
    text += `${inner.name}${shown},`;
  }
  return text.length === 1 ? "{}" : `${text.slice(0, -1)}}`;
}

function member(value: unknown, outline: Outline, away: unknown[]): string | undefined {
  const { roles } = outline;
  if (typeof value === "object" && value !== null) {
    // What is in a value may matter to the change that compares it.
    if (roles.includes("c") || outline.hasElements) return undefined;
    if (Array.isArray(value)) return `[${standIn(away.push(value) - 1)}]`;
    if (outline.members.size > 0) return members(value as Record<string, unknown>, outline, away);
    return `{${standIn(away.push(value) - 1)}:1}`;
  }
  // The core looks at no more than that there is a value here, or a text that is not empty, and which half a surrogate
  // is not.
  const isOpaque = roles === "t" || roles === "m" || (roles === "i" && typeof value === "string" && value !== "" && !SURROGATE.test(value));
  if (isOpaque && outline.members.size === 0 && !outline.hasElements) return standIn(away.push(value) - 1);
  if (typeof value === "string") return value.startsWith(MARK) ? undefined : JSON.stringify(value);
  // How a number is written may matter too; elsewhere it only has to come back as the same number, which these do not.
  if (typeof value === "number" && (roles.includes("c") || !Number.isFinite(value) || Object.is(value, -0))) return undefined;
  return String(value);
}

/** What came back from the core, with the host's own values in place of their stand-ins. */
function restored(value: unknown, away: readonly unknown[]): unknown {
  if (typeof value === "string") return value.startsWith(MARK) ? away[Number(value.slice(1))] : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const isStandIn = typeof value[0] === "string" && value[0].startsWith(MARK);
    return isStandIn ? away[Number(value[0].slice(1))] : value.map((each) => restored(each, away));
  }
  const made: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[name];
    if (!name.startsWith(MARK)) {
      put(made, name, restored(inner, away));
      continue;
    }
    const found = away[Number(name.slice(1))];
    if (!(found instanceof Run)) return found;
    found.putInto(made);
  }
  return made;
}

/** The core's answers to outlines. It knows no state, so that the same outline has the same answer. */
export class Answers {
  readonly #kept = new Map<string, CoreDelivery>();

  /** The answer to an outline, with the host's own values in it. */
  of(outline: string, away: readonly unknown[], ask: () => CoreDelivery): CoreDelivery {
    let found = this.#kept.get(outline);
    if (found === undefined) {
      found = ask();
      if (this.#kept.size >= MOST_ANSWERS) this.#kept.clear();
      if (outline.length <= LONGEST_OUTLINE) this.#kept.set(outline, found);
    }
    // Member by member: spreading an object takes longer than all the rest of this.
    return {
      keyId: "",
      timestamp: 0,
      kind: found.kind,
      id: restored(found.id, away) as string | undefined,
      receivedVersion: found.receivedVersion,
      deliveredVersion: found.deliveredVersion,
      standing: found.standing,
      applied: found.applied.slice(),
      losses: found.losses.length === 0 ? [] : found.losses.map((loss) => ({ ...loss })),
      time: restored(found.time, away),
      data: restored(found.data, away),
    };
  }
}
