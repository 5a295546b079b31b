// One fresh process: from the import of one package to the first verified delivery. A file, and no text on the command line,
// which has node start another loader for it. Prints nanoseconds of the import and of both.
import { pathToFileURL } from "node:url";

const { name, specifier, given } = JSON.parse(process.env.MAMBO_COLD);
const first = {
  ours: (m) => m.createReceiver({ secret: given.secret }).verify({ headers: given.headers, body: given.text }),
  "ours, and its event": (m) => m.createReceiver({ secret: given.secret }).receive({ headers: given.headers, body: given.text }),
  stripe: (m) => m.default.webhooks.signature.verifyHeader(given.text, given.signature, given.secret, 300),
  standardwebhooks: (m) => new m.Webhook(given.base64).verify(given.text, given.standard),
  svix: (m) => new m.Webhook(given.base64).verify(given.text, given.standard),
  "@octokit/webhooks-methods": (m) => m.verify(given.secret, given.text, given.octokit),
  "an empty module": (m) => m.verify(),
}[name];
const path = specifier.startsWith("/") ? pathToFileURL(specifier).href : specifier;

const start = performance.now();
const loaded = await import(path);
const imported = performance.now();
const verified = first(loaded);
if (verified instanceof Promise) await verified;
const end = performance.now();
console.log(JSON.stringify({ imported: (imported - start) * 1e6, verified: (end - start) * 1e6 }));
