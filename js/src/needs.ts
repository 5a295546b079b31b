// What the core needs of an environment. The glue, and each file that encodes text, imports this first: their own errors would
// name no cause.
import { webhookError } from "./errors.ts";

const missing = ["WebAssembly", "TextDecoder", "TextEncoder"].filter((name) => !(name in globalThis));
if (missing.length > 0)
  throw webhookError("core_missing", { problem: `this environment has no ${missing.join(" and no ")}; see docs/TROUBLESHOOTING.md` });
