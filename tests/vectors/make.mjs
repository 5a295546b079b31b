// Makes receive.json: deliveries with what must come of them. Signatures come from node:crypto and from npm stripe,
// never from the code under test. Run after a change here: node tests/vectors/make.mjs
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cases } from "./make/case.mjs";
// Each adds its cases as it is loaded, in this order.
import "./make/accepted.mjs";
import "./make/versions.mjs";
import "./make/stripe.mjs";
import "./make/refused.mjs";
import "./make/misconfigured.mjs";

const out = fileURLToPath(new URL("receive.json", import.meta.url));
writeFileSync(out, `${JSON.stringify({ format: 1, cases }, null, 1)}\n`);
console.log(`${cases.length} cases`);
