import * as library from "mambo-webhooks";
import * as tools from "mambo-webhooks/tools";
import { suite } from "./suite.mjs";
import vectors from "./vectors.mjs";

export default {
  fetch: () => Response.json(suite(library, vectors, tools)),
};
