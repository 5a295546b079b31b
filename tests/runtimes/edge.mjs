import * as library from "mambo-webhooks";
import * as tools from "mambo-webhooks/tools";
import { suite } from "./suite.mjs";
import vectors from "./vectors.mjs";

globalThis.found = JSON.stringify(suite(library, vectors, tools));
