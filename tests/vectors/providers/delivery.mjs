// Collects signed deliveries, each with what a detector should find out about it.
import { createHmac } from "node:crypto";

export const NOW = 1_700_000_000_123;
export const T = "1700000000";
export const MILLIS = `${NOW}`;
export const RFC3339 = "2023-11-14T22:13:20Z";
export const SECRET = "correct horse battery staple";
export const OLD_SECRET = "the secret before the rotation";
export const WHSEC = `whsec_${Buffer.from("twenty-four bytes of key").toString("base64")}`;

/** What is expected of a scheme that signs the body alone. */
export const BODY_ALONE = { timestamp: "none", signedText: "{body}" };

export const ENCODE = {
  hex: (digest) => digest.toString("hex"),
  hex_upper: (digest) => digest.toString("hex").toUpperCase(),
  base64: (digest) => digest.toString("base64"),
  base64_url: (digest) => digest.toString("base64url"),
};

/** The bytes of a secret. A `whsec_` in front of base64 is not part of it. */
export const keyOf = (secret, encoding) => Buffer.from(encoding === "base64" ? secret.replace(/^whsec_/, "") : secret, encoding);

export const hmac = (text, encoding = "hex", secret = SECRET) => ENCODE[encoding](createHmac("sha256", secret).update(text).digest());

export const deliveries = [];

/**
 * Adds a delivery. `headers` is an object; `t` is the timestamp's text where it stands in the signature header;
 * `accepts({ headers, body }, secret)` asks the provider's package.
 */
export const add = ({
  name,
  provider = "made up",
  package: pkg = null,
  source = "own",
  secret = SECRET,
  secretEncoding = "utf8",
  ...more
}) => {
  const { header, timestamp = "signature_header", signedText = "{timestamp}.{body}", signatureEncoding = "hex" } = more.expected;
  const unit = timestamp === "none" ? null : (more.expected.unit ?? "seconds");
  const expected = { header, timestamp, signedText, unit, signatureEncoding };
  const { body, t, accepts } = more;
  const headers = Object.entries({ "Content-Type": "application/json", ...more.headers });
  deliveries.push({ name, provider, package: pkg, source, secret, secretEncoding, headers, body, now: NOW, expected, t, accepts });
};
