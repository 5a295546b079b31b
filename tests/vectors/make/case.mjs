// Makes one case of receive.json from what is special about it, with the signature from node:crypto.
import { createHmac } from "node:crypto";

export const SECRET = "correct horse battery staple";
export const NOW = 1_700_000_000_000;
export const T = NOW / 1000;
export const BODY = '{"event":"ActivityCreated","id":"e-1","version":"8.0.3","data":{"uuid":"user-1"}}';
export const EVENT = {
  type: "ActivityCreated",
  id: "e-1",
  data: '{"uuid":"user-1"}',
  keyId: "default",
  receivedVersion: "8.0.3",
  deliveredVersion: "8.0.3",
  applied: [],
  timestamp: NOW,
};

export const mac = (secret, ...parts) => parts.reduce((hmac, part) => hmac.update(part), createHmac("sha256", secret)).digest("hex");
export const header = (body = BODY, t = T, secret = SECRET, separator = ".") => `t=${t},v1=${mac(secret, `${t}`, separator, body)}`;

export const cases = [];
export const add = (name, source, { headers, value, body = BODY, now = NOW, settings = {} }, expect) => {
  const named = headers ?? [["X-Mambo-Signature", value ?? header(body)]];
  const bytes = typeof body === "string" ? { body } : { bodyHex: body.toString("hex") };
  cases.push({ name, source, settings: { keys: [{ secret: SECRET }], ...settings }, headers: named, ...bytes, now, expect });
};
export const refuse = (name, source, given, code, message, fault = "peer") => add(name, source, given, { code, fault, message });
