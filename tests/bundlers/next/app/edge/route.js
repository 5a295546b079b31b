import * as library from "mambo-webhooks";
import { suite } from "../../suite.mjs";
import vectors from "../../vectors.mjs";

export const runtime = "edge";
export const dynamic = "force-dynamic";
export const GET = () => Response.json(suite(library, vectors));
