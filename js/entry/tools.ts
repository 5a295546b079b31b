// The tools, their module's bytes inside the JavaScript. For machines of people: workerd and the edge compile no bytes.
import { unpack } from "../packing.ts";
import { tools } from "../tools.ts";
import { toolsBytes } from "../tools_bytes.js";

tools.boot(new WebAssembly.Module(unpack(toolsBytes)));

export { changelog } from "../changelog.ts";
export { detect, type DetectOptions, type Detection } from "../detect.ts";
export { WebhookError, type ErrorCode, type Fault } from "../errors.ts";
