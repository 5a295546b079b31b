// The test kit over the core of the workerd entry.
import "./workerd.ts";

export * from "../testing/index.ts";
