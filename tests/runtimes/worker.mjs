import * as library from "mambo-webhooks";
import { suite } from "./suite.mjs";
import vectors from "./vectors.mjs";

export default {
  fetch: () => Response.json(suite(library, vectors)),
};
