// Makes the deliveries that are refused, by their header, time, signature or body.
import { BODY, NOW, SECRET, T, header, mac, refuse } from "./case.mjs";

const NAME = "x-mambo-signature";
refuse("no header", "stripe test suite", { headers: [] }, "header_missing", `header ${NAME} is missing`);
refuse("empty header", "stripe test suite", { value: "" }, "header_malformed", `header ${NAME}: expected \`=\` at byte 0`);
refuse(
  "header came twice",
  "own",
  {
    headers: [
      ["X-Mambo-Signature", header()],
      ["x-mambo-signature", header()],
    ],
  },
  "header_repeated",
  `header ${NAME} came 2 times, expected once`,
);
refuse(
  "header joined from two",
  "Headers joins with a comma",
  { value: `${header()}, ${header()}` },
  "header_repeated",
  `header ${NAME} came 2 times, expected once`,
);
refuse(
  "header over 8 KiB",
  "own",
  { value: `${header()},x=${"y".repeat(8192)}` },
  "header_too_large",
  `header ${NAME} is 8275 bytes, allowed 8192`,
);
refuse("header without equals sign", "own", { value: "t=1700000000,v1" }, "header_malformed", `header ${NAME}: expected \`=\` at byte 15`);
refuse(
  "control character in header",
  "own",
  { value: "t=1\x7f" },
  "header_malformed",
  `header ${NAME}: expected printable ASCII at byte 3`,
);
refuse("no timestamp", "stripe test suite", { value: `v1=${mac(SECRET, BODY)}` }, "timestamp_missing", `header ${NAME} holds no timestamp`);
const EXPECTED = "a whole number without sign or leading zero";
for (const [text, at] of [
  ["hello", 0],
  ["1764abc", 4],
  ["1764.9", 4],
  ["1e3", 1],
  ["+1", 0],
  ["", 0],
  ["0123", 0],
  ["-", 0],
  ["NaN", 0],
  ["١", -1],
]) {
  if (at >= 0)
    refuse(
      `timestamp ${text || "empty"}`,
      "standardwebhooks and slack accept such",
      { value: `t=${text},v1=${mac(SECRET, `${text}.`, BODY)}` },
      "timestamp_malformed",
      `timestamp is malformed: expected ${EXPECTED} at byte ${at}`,
    );
}
for (const text of ["-1", "-9223372036854775808"])
  refuse(
    `timestamp ${text}`,
    "svix test suite; standardwebhooks for Rust panics",
    { value: header(BODY, text) },
    "timestamp_negative",
    "timestamp is negative",
  );
for (const text of ["9223372036854775808", "99999999999999999999999"])
  refuse(`timestamp ${text}`, "own", { value: header(BODY, text) }, "timestamp_overflow", "timestamp does not fit 64 bits of milliseconds");
refuse(
  "timestamp of the largest i64",
  "own",
  { value: header(BODY, "9223372036854775807") },
  "timestamp_too_new",
  "timestamp is 9223370336854775.807 s ahead, allowed 300 s",
);
refuse(
  "301 s old",
  "standardwebhooks test suite",
  { value: header(BODY, T - 301) },
  "timestamp_too_old",
  "timestamp is 301 s old, allowed 300 s",
);
refuse(
  "a millisecond too old",
  "own",
  { value: header(BODY, T - 300), now: NOW + 1 },
  "timestamp_too_old",
  "timestamp is 300.001 s old, allowed 300 s",
);
refuse(
  "301 s ahead",
  "standardwebhooks test suite; stripe and slack accept it",
  { value: header(BODY, T + 301) },
  "timestamp_too_new",
  "timestamp is 301 s ahead, allowed 300 s",
);
refuse(
  "15 s old, 10 s allowed",
  "stripe test suite",
  { value: header(BODY, T - 15), settings: { tolerance: { pastSeconds: 10 } } },
  "timestamp_too_old",
  "timestamp is 15 s old, allowed 10 s",
);
refuse(
  "stale and forged: the signature speaks first",
  "own",
  { value: header(BODY, T - 999, "forged forged forged") },
  "signature_mismatch",
  "none of 1 signatures matches any of 1 keys",
);
refuse("no signature", "stripe test suite", { value: `t=${T},v0=00` }, "signature_missing", `header ${NAME} holds no signature`);
refuse(
  "signature of 8 digits",
  "standardwebhooks test suite",
  { value: `t=${T},v1=deadbeef` },
  "signature_malformed",
  "signature 1 of 1 is not 64 hex digits: it is 8 bytes",
);
refuse(
  "signature of 63 digits",
  "own",
  { value: header().slice(0, -1) },
  "signature_malformed",
  "signature 1 of 1 is not 64 hex digits: it is 63 bytes",
);
refuse(
  "empty signature",
  "stripe throws another error",
  { value: `t=${T},v1=` },
  "signature_malformed",
  "signature 1 of 1 is not 64 hex digits: it is 0 bytes",
);
refuse(
  "signature that is not hex",
  "own",
  { value: `t=${T},v1=${"zz".repeat(32)}` },
  "signature_malformed",
  "signature 1 of 1 is not 64 hex digits: it is 64 bytes",
);
refuse(
  "signature in upper case",
  "octokit's two builds disagree",
  { value: `t=${T},v1=${mac(SECRET, `${T}.`, BODY).toUpperCase()}` },
  "signature_uppercase",
  "signature 1 of 1 is upper-case hex, expected lower case",
);
refuse(
  "1,000 signatures",
  "own",
  { value: `t=${T}${",v1=0".repeat(1000)}` },
  "signatures_too_many",
  "header holds more than 32 signatures",
);
refuse(
  "only wrong signatures",
  "standardwebhooks test suite",
  { value: `t=${T},v1=${"00".repeat(32)},v1=${"ff".repeat(32)}` },
  "signature_mismatch",
  "none of 2 signatures matches any of 1 keys",
);
refuse(
  "wrong secret",
  "octokit test suite",
  { value: header(BODY, T, "wrong wrong wrong wrong") },
  "signature_mismatch",
  "none of 1 signatures matches any of 1 keys",
);
refuse(
  "body re-serialised",
  "fastify #5491, the commonest complaint",
  { value: header(), body: JSON.stringify(JSON.parse(BODY), null, 2) },
  "signature_mismatch",
  "none of 1 signatures matches any of 1 keys",
);
refuse(
  "byte 0xFF signed, 0xFE sent",
  "stripe and standardwebhooks accept it",
  { value: header(Buffer.from([0xff])), body: Buffer.from([0xfe]) },
  "signature_mismatch",
  "none of 1 signatures matches any of 1 keys",
);
refuse(
  "digits moved from the timestamp into the body",
  "own: the attack on a missing separator",
  { value: `t=170000,v1=${mac(SECRET, `${T}`, BODY)}`, body: `0000${BODY}`, now: 170_000_000 },
  "signature_ambiguous",
  "signature matches only without a separator, and the body does not show where the timestamp ends",
);
refuse(
  "digits moved from the body into the timestamp",
  "own: the attack on a missing separator",
  { value: `t=${NOW},v1=${mac(SECRET, `${T}`, "000")}`, body: "" },
  "signature_ambiguous",
  "signature matches only without a separator, and the body does not show where the timestamp ends",
);
refuse(
  "the separator moved into the body",
  "own: the attack on two separators",
  { value: header(), body: `.${BODY}` },
  "signature_ambiguous",
  "signature matches only without a separator, and the body does not show where the timestamp ends",
);
refuse("body over the limit", "own", { settings: { maxBodyBytes: 8 } }, "body_too_large", "body is over 8 bytes");
refuse("signed, but not JSON", "stripe test suite", { body: '{"a":}' }, "body_not_json", "body is not JSON at line 1 column 6");
refuse("signed, but empty", "standardwebhooks #262", { body: "" }, "body_not_json", "body is not JSON at line 1 column 0");
refuse("signed, but not UTF-8", "own", { body: Buffer.from([0x7b, 0xff]) }, "body_not_utf8", "body is not UTF-8 at byte 1");
refuse(
  "signed, but with two byte order marks",
  "RFC 8259 section 8.1",
  { body: "\ufeff\ufeff{}" },
  "body_not_json",
  "body is not JSON at line 1 column 1",
);
refuse(
  "no key is valid any more",
  "own",
  { settings: { keys: [{ secret: SECRET, notAfter: NOW - 1 }] } },
  "keys_inactive",
  "none of 1 keys is valid at this time",
  "config",
);
