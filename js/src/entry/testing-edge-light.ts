// The test kit over the core of the edge-light entry.
import "./edge-light.ts";

export * from "../testing/index.ts";
