// What the core needs of an environment. The generated glue imports this first, since its own error would name no cause.
import { coreMissing } from "./errors.ts";

const missing = ["WebAssembly", "TextDecoder", "TextEncoder"].filter((name) => !(name in globalThis));
if (missing.length > 0) throw coreMissing(`this environment has no ${missing.join(" and no ")}; see docs/TROUBLESHOOTING.md`);
