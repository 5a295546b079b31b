// A body that the host has parsed needs no second parser: the core is shown an outline of it, in which every list or
// object that no change touches is a stand-in, and what comes back has the host's own values in their place.

/** What matters in a body: a branch for each member that some pointer leads through or to. */
export interface Outline {
  /** A change touches this very value. */
  isTouched: boolean;
  /** A change touches elements of this list. */
  hasElements: boolean;
  readonly members: Map<string, Outline>;
}

/** Marks stand-ins: a name that no outlined object may have itself. */
const MARK = "\0";

const branch = (): Outline => ({ isTouched: false, hasElements: false, members: new Map() });

/** The outline that lines of pointers stand for; those behind the empty line are touched. */
export function outlineOf(lines: string): Outline {
  const root = branch();
  const [named = "", touched = ""] = lines.split(/^\n/m);
  const add = (pointer: string, isTouched: boolean): void => {
    let at = root;
    for (const segment of pointer.split("/").slice(1)) {
      if (segment === "*") {
        at.hasElements = true;
        return;
      }
      const name = segment === "~2" ? "*" : segment.replaceAll("~1", "/").replaceAll("~0", "~");
      let next = at.members.get(name);
      if (next === undefined) at.members.set(name, (next = branch()));
      at = next;
    }
    at.isTouched ||= isTouched;
  };
  for (const pointer of named.split("\n")) add(pointer, false);
  for (const pointer of touched.split("\n")) if (pointer !== "") add(pointer, true);
  return root;
}

/** The outline of a body as JSON text; nothing where the body's own text is needed. */
export function outlined(body: unknown, outline: Outline, away: unknown[]): string | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
  // A single member may be a ping, of which the core also wants to see that it stands there once.
  if (Object.keys(body).length < 2) return undefined;
  const shown = members(body, outline, away);
  return shown === undefined ? undefined : JSON.stringify(shown);
}

function members(value: object, outline: Outline, away: unknown[]): object | undefined {
  const shown: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const found = member((value as Record<string, unknown>)[name], outline.members.get(name), away);
    if (found === undefined || name === MARK || name === "__proto__") return undefined;
    shown[name] = found;
  }
  return shown;
}

function member(value: unknown, outline: Outline | undefined, away: unknown[]): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  // How a number is written, or what is in a value, may matter to the change that touches it.
  if (outline?.isTouched || outline?.hasElements) return undefined;
  // An untouched number only has to come back as the same number, which these do not.
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : undefined;
  if (Array.isArray(value)) return [MARK, away.push(value) - 1];
  if (outline !== undefined && outline.members.size > 0) return members(value as object, outline, away);
  // A stand-in is of its value's type, by which the core tells objects from text.
  return { [MARK]: away.push(value) - 1 };
}

/** What came back from the core, with the host's own values in place of their stand-ins. */
export function restored(value: unknown, away: readonly unknown[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value[0] === MARK ? away[value[1] as number] : value.map((each) => restored(each, away));
  const object = value as Record<string, unknown>;
  if (MARK in object) return away[object[MARK] as number];
  for (const name of Object.keys(object)) object[name] = restored(object[name], away);
  return object;
}
