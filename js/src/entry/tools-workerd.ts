// The tools over the core of the workerd entry.
import "./workerd.ts";

export * from "../tools.ts";
