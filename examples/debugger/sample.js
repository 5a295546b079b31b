// What "Load a sample" fills in: the docs' own example of a change, before and after it.
import { sampleDelivery } from "mambo-webhooks/testing";
import { at } from "./page.js";

const REGISTRY = {
  format: 1,
  versions: ["8.0.3", "9.0.0"],
  changes: [
    {
      id: "wallet-example-field",
      since: "9.0.0",
      on: { model: "PointWallet" },
      summary: "exampleField is called newExampleField.",
      lossy: "none",
      ops: [{ op: "rename", at: "/exampleField", to: "newExampleField" }],
    },
  ],
};
const VALUES = ["gold", "silver", "bronze", "iron", "copper"];

/** Fills in a signed delivery, a registry, and payloads of two versions. Keeps a secret and a registry that are there. */
export function fillSample() {
  at("secret").value ||= "a secret for trying it out";
  // The sample is signed as is assumed of Mambo.
  at("profile").value = "";
  at("registry").value ||= JSON.stringify(REGISTRY, null, 2);
  const { headers, body } = sampleDelivery("PointWalletUpdated", {
    secret: at("secret").value,
    registry: REGISTRY,
    version: "8.0.3",
    data: { newExampleField: "value" },
  });
  const lines = (line) => VALUES.map(line).join("\n");
  const filled = {
    headers: Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    body,
    wanted: "9.0.0",
    old: lines((value) => JSON.stringify({ exampleField: value })),
    new: lines((value) => JSON.stringify({ newExampleField: value, unit: "points" })),
    "infer-type": "PointWalletUpdated",
    from: "8.0.3",
    since: "9.0.0",
    "diff-from": "8.0.3",
    "diff-to": "9.0.0",
  };
  for (const [id, value] of Object.entries(filled)) at(id).value = value;
}
