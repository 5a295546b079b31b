// What the core needs of an environment. The generated glue imports this first, since its own error would name no cause.
import { webhookError } from "./errors.ts";

const missing = ["WebAssembly", "TextDecoder", "TextEncoder"].filter((name) => !(name in globalThis));
if (missing.length > 0)
  throw webhookError("core_missing", { problem: `this environment has no ${missing.join(" and no ")}; see docs/TROUBLESHOOTING.md` });
