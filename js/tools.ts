// What a person runs by hand, and no receiver needs: a module of its own, so that no receiver's bundle carries it.
import { Core } from "./boot.ts";
import * as glue from "./tools_bg.js";
import type { CodeRow } from "./tools_bg.js";

/** The core that has the tools. */
export const tools = new Core(glue);

/** The table of all failures. */
export function codes(): readonly CodeRow[] {
  return tools.guarded(() => glue.codes());
}
