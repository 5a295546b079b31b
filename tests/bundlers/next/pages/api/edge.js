import * as library from "mambo-webhooks";
import * as tools from "mambo-webhooks/tools";
import { suite } from "../../suite.mjs";
import vectors from "../../vectors.mjs";

export const config = { runtime: "edge" };

export default function handler() {
  return Response.json(suite(library, vectors, tools));
}
