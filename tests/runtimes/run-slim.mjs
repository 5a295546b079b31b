// The slim entry, with the module's file read by the user.
import { readFileSync } from "node:fs";
import * as library from "mambo-webhooks/slim";
import * as tools from "mambo-webhooks/tools";
import { suite } from "./suite.mjs";
import vectors from "./vectors.mjs";

library.initSync(readFileSync(new URL(import.meta.resolve("mambo-webhooks/core.wasm"))));
console.log(JSON.stringify(suite(library, vectors, tools)));
