// The test kit over the core of the default entry.
import "./inline.ts";

export * from "../testing/index.ts";
