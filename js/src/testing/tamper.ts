import type { ErrorCode } from "../errors.ts";
import { sample } from "./samples.ts";
import { signatureHeader, type SignOptions } from "./sign.ts";

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
  const signed = (text: string, at: number, secret = rest.secret): [string, string] => {
    const [pair = ["", ""]] = Object.entries(signatureHeader({ ...rest, secret, body: text, now: at }));
    return pair;
  };
  const [name, value] = signed(body, now);
  const [, later] = signed(body, now + 1000);
  // A minute beyond: a receiver whose clock runs on meanwhile must still refuse it.
  const bound = toleranceSeconds * 1000 + 60_000;
  const rows: Tampered[] = [];
  const add = (what: string, code: ErrorCode, headers: Tampered["headers"], text = body): void => {
    rows.push({ name: what, code, headers, body: text });
  };
  const honest: Tampered["headers"] = [[name, value]];
  const digest = /[0-9a-f]{64}$/i;
  add("one byte of the body changed", "signature_mismatch", honest, body.slice(0, -1) + (body.endsWith("!") ? "?" : "!"));
  add("body cut short", "signature_mismatch", honest, body.slice(0, -1));
  add("body made longer", "signature_mismatch", honest, `${body}\n`);
  add("body parsed and printed with blanks", "signature_mismatch", honest, reprinted(body));
  add("body left out", "signature_mismatch", honest, "");
  add("signature of another moment", "signature_mismatch", [[name, value.replace(digest, digest.exec(later)?.[0] ?? "")]]);
  add("signature of zeros", "signature_mismatch", [[name, value.replace(digest, "0".repeat(64))]]);
  add("signature cut short", "signature_malformed", [[name, value.slice(0, -2)]]);
  add("signed with another secret", "signature_mismatch", [signed(body, now, "another secret than the receiver's")]);
  add("no signature header", "header_missing", []);
  add("signature header twice", "header_repeated", [
    [name, value],
    [name, later],
  ]);
  add("signature header twice, joined by the server", "header_repeated", [[name, `${value}, ${value}`]]);
  add("signature header empty", "header_malformed", [[name, ""]]);
  add("replayed after the tolerance", "timestamp_too_old", [signed(body, now - bound)]);
  add("signed ahead of the tolerance", "timestamp_too_new", [signed(body, now + bound)]);
  return rows;
}

function reprinted(body: string): string {
  try {
    const printed = JSON.stringify(JSON.parse(body), null, 1);
    return printed === body ? `${printed} ` : printed;
  } catch {
    return `${body} `;
  }
}
