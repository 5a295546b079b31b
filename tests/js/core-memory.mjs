// The memory of the core's instance, and the garbage collector. To be imported before the package, which makes the instance.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Of the running instance; set when there is one. */
export let memory;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    super(...given);
    ({ memory } = this.exports);
  }
};

setFlagsFromString("--expose-gc");
/** Collects garbage. */
export const collect = runInNewContext("gc");
