// The test kit over the core of the default entry, which it starts by importing it.
import "./inline.ts";

export * from "../testing/index.ts";
