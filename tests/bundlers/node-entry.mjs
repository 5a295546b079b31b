import * as library from "mambo-webhooks";
import { suite } from "./suite.mjs";
import vectors from "./vectors.mjs";

console.log(JSON.stringify(suite(library, vectors)));
