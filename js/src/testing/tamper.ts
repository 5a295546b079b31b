import { documentText } from "../document.ts";
import type { ErrorCode } from "../errors.ts";
import type { JsonDocument } from "../types.ts";
import { sample } from "./samples.ts";
import { signatureHeaders, type SignOptions } from "./sign.ts";

/** What the honest delivery is like. */
export interface TamperOptions extends Omit<SignOptions, "body" | "now"> {
  /** The body that is signed, not empty. Default: a sample of ActivityCreated. */
  readonly body?: string;
  /** The receiver's time in milliseconds since 1970. Default: now. */
  readonly now?: number;
  /** The receiver's tolerance, in seconds: how far a timestamp may lie before or after `now`. Default: 300. */
  readonly toleranceSeconds?: number;
}

/** A delivery that a receiver has to refuse. */
export interface Tampered {
  /** What was done to it. */
  readonly name: string;
  /** The headers, as pairs: some come twice. */
  readonly headers: [string, string][];
  /** The body, as text. */
  readonly body: string;
  /** The code that it is refused with. */
  readonly code: ErrorCode;
}

/** What attackers and proxies do to a delivery: try your endpoint with each, and with the one that was not touched. */
export function tampered({
  body = sample("ActivityCreated"),
  now = Date.now(),
  toleranceSeconds = 300,
  ...rest
}: TamperOptions): readonly Tampered[] {
  if (body === "") throw new TypeError("tampered: an empty body cannot be cut short");
  // The signature header is the last of them.
  const signed = (text: string, at: number, secret = rest.secret): [string, string][] =>
    Object.entries({ ...rest.headers, ...signatureHeaders({ ...rest, secret, body: text, now: at }) });
  const honest = signed(body, now);
  const [name, value] = honest.at(-1) ?? ["", ""];
  const others = honest.slice(0, -1);
  const [, later] = signed(body, now + 1000).at(-1) ?? ["", ""];
  // A minute beyond: a receiver whose clock runs on meanwhile must still refuse it.
  const bound = toleranceSeconds * 1000 + 60_000;
  const rows: Tampered[] = [];
  const add = (what: string, code: ErrorCode, headers: Tampered["headers"], text = body): void => {
    rows.push({ name: what, code, headers, body: text });
  };
  const digest = /[0-9a-f]{64}|[\w+/-]{43}=?/i;
  const { isList, isTimed } = formOf(rest.profile);
  add("one byte of the body changed", "signature_mismatch", honest, body.slice(0, -1) + (body.endsWith("!") ? "?" : "!"));
  add("body cut short", "signature_mismatch", honest, body.slice(0, -1));
  add("body made longer", "signature_mismatch", honest, `${body}\n`);
  add("body parsed and printed with blanks", "signature_mismatch", honest, reprinted(body));
  add("body left out", "signature_mismatch", honest, "");
  if (isTimed)
    add("signature of another moment", "signature_mismatch", [...others, [name, value.replace(digest, digest.exec(later)?.[0] ?? "")]]);
  add("signature of zeros", "signature_mismatch", [...others, [name, value.replace(digest, zeros)]]);
  add("signature cut short", "signature_malformed", [...others, [name, value.replace(digest, (each) => each.slice(0, -2))]]);
  add("signed with another secret", "signature_mismatch", signed(body, now, "another secret than the receiver's"));
  add("no signature header", "header_missing", others);
  add("signature header twice", "header_repeated", [...honest, [name, later]]);
  // A list takes what a server joined: one of its signatures is right.
  if (!isList) add("signature header twice, joined by the server", "header_repeated", [...others, [name, `${value}, ${value}`]]);
  add("signature header empty", isList ? "signature_missing" : "header_malformed", [...others, [name, ""]]);
  if (isTimed) {
    add("replayed after the tolerance", "timestamp_too_old", signed(body, now - bound));
    add("signed ahead of the tolerance", "timestamp_too_new", signed(body, now + bound));
  }
  return rows;
}

/** A signature of the same form that is nothing but zeros. */
function zeros(signature: string): string {
  return signature.length === 64 ? "0".repeat(64) : "A".repeat(43) + signature.slice(43);
}

/** Whether the signature header is a list, and whether there is a timestamp. */
function formOf(profile: JsonDocument = {}): { readonly isList: boolean; readonly isTimed: boolean } {
  const document = JSON.parse(documentText(profile)) as { scheme?: { grammar?: { form?: string }; timestamp?: unknown } };
  return { isList: document.scheme?.grammar?.form === "list", isTimed: document.scheme?.timestamp !== "none" };
}

function reprinted(body: string): string {
  try {
    const printed = JSON.stringify(JSON.parse(body), null, 1);
    return printed === body ? `${printed} ` : printed;
  } catch {
    return `${body} `;
  }
}
