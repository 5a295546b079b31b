// The tools over the core of the edge-light entry.
import "./edge-light.ts";

export * from "../tools.ts";
