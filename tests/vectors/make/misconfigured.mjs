// Makes the settings that are refused before there is any delivery.
import { SECRET, refuse } from "./case.mjs";

const misconfigured = (name, source, settings, code, message) => refuse(name, source, { settings }, code, message, "config");
for (const secret of ["", " \t\n", "   "])
  misconfigured(
    `secret ${JSON.stringify(secret)}`,
    "openai-ruby #403",
    { keys: [{ secret }] },
    "secret_empty",
    "secret of key `default` is empty",
  );
misconfigured(
  "a secret of 15 bytes",
  "openai-node #1887",
  { keys: [{ id: "2026", secret: "fifteen letters" }] },
  "secret_short",
  "secret of key `2026` is 15 bytes, needs 16",
);
misconfigured(
  "a secret with a line end",
  "own",
  { keys: [{ secret: `${SECRET}\n` }] },
  "secret_malformed",
  "secret of key `default` holds a control character, such as a line end",
);
for (const secret of ["whsec_!!!!", "====", "Zm9v!!!!", "Zm9="])
  misconfigured(
    `base64 secret ${secret}`,
    "openai-ruby #403",
    { keys: [{ secret, encoding: "base64" }] },
    "secret_malformed",
    "secret of key `default` is not base64",
  );
misconfigured(
  "a hex secret of odd length",
  "own",
  { keys: [{ secret: "abc", encoding: "hex" }] },
  "secret_malformed",
  "secret of key `default` is not hex",
);
misconfigured(
  "two keys of one id",
  "own",
  { keys: [{ secret: SECRET }, { secret: SECRET }] },
  "key_repeated",
  "key id `default` is used twice",
);
misconfigured("no key", "own", { keys: [] }, "keys_missing", "key ring is empty");
misconfigured(
  "seventeen keys",
  "own",
  { keys: Array.from({ length: 17 }, (_, index) => ({ id: `k${index}`, secret: SECRET })) },
  "keys_too_many",
  "key ring has 17 keys, allowed 16",
);
misconfigured(
  "a key id with a blank",
  "own",
  { keys: [{ id: "a b", secret: SECRET }] },
  "key_id_malformed",
  "key id is not 1 to 64 printable ASCII characters",
);
misconfigured(
  "secret given where a key belongs",
  "own: nothing of it may be shown",
  { keys: [SECRET] },
  "options_invalid",
  "options: expected an object at /keys/0",
);
misconfigured(
  "an option that does not exist",
  "own",
  { tolerence: 5 },
  "options_invalid",
  "options: `tolerence` is not known here at the top",
);
misconfigured(
  "a tolerance below zero",
  "own",
  { tolerance: { pastSeconds: -1 } },
  "options_invalid",
  "options: expected a whole number of seconds or `unlimited` at /tolerance/pastSeconds",
);
misconfigured(
  "an end of validity that is null, as JSON has it for NaN",
  "own",
  { keys: [{ secret: SECRET, notAfter: null }] },
  "options_invalid",
  "options: expected a whole number at /keys/0/notAfter",
);
misconfigured(
  "a header name with capitals",
  "own: Headers and plain objects would differ",
  { profile: { envelope: { typeHeader: "X-Kind" } } },
  "profile_invalid",
  "profile: expected a header name in lower case at /envelope/typeHeader",
);
misconfigured(
  "separators of which one starts with the other",
  "own",
  { profile: { scheme: { signedTexts: ["{timestamp}.{body}", "{timestamp}..{body}"] } } },
  "profile_invalid",
  "profile: two templates could sign the same text at /scheme/signedTexts",
);
misconfigured(
  "a registry of another format",
  "own",
  { registry: { format: 2 } },
  "registry_invalid",
  "registry: expected format 1 at /format",
);
