// The tools over the core of the default entry.
import "./inline.ts";

export * from "../tools.ts";
