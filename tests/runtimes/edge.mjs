import * as library from "mambo-webhooks";
import { suite } from "./suite.mjs";
import vectors from "./vectors.mjs";

globalThis.found = JSON.stringify(suite(library, vectors));
