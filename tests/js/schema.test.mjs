// The published JSON Schema of registry documents says what the loader says, as far as a schema can.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";
import schema from "mambo-webhooks/registry.schema.json" with { type: "json" };

const repository = process.env.MAMBO_REPOSITORY;
const { default: Ajv } = createRequire(join(repository, "js/package.json"))("ajv/dist/2020.js");
const valid = new Ajv({ strict: false }).compile(schema);
const read = (path) => JSON.parse(readFileSync(join(repository, path), "utf8"));

function loads(registry) {
  try {
    createReceiver({ secret: "correct horse battery staple", registry });
    return true;
  } catch (error) {
    assert.equal(error.code, "registry_invalid", error.message);
    return false;
  }
}

const change = (op, lossy = "none") => ({
  format: 1,
  versions: ["9.0.0"],
  changes: [{ id: "c", since: "9.0.0", on: { model: "Activity" }, summary: "s", lossy, ops: [op] }],
});

for (const path of ["src/shim/registry.json", "src/shim/deprecations.json", "examples/registry/payload-9.0.0.json"]) {
  test(`${path} is valid`, () => assert.ok(valid(read(path)), JSON.stringify(valid.errors)));
}

for (const [op, lossy] of [
  [{ op: "rename", at: "/a", to: "b" }],
  [{ op: "move", from: "/x/*/a", to: "/x/*/b/c" }],
  [{ op: "add", at: "/a", default: { any: [1.5, null] } }, "down"],
  [{ op: "remove", at: "/a~0b~1c~2", default: null }, "up"],
  [{ op: "wrap", at: "/a", key: "k" }],
  [{ op: "unwrap", at: "/a/*", key: "k" }],
  [{ op: "to_list", at: "/a" }, "down"],
  [{ op: "head", at: "/a" }, "up"],
  [
    {
      op: "map_value",
      at: "/a",
      pairs: [
        ["x", 1],
        [null, true],
      ],
      upOther: { to: null },
      downOther: "error",
    },
    "up",
  ],
  [{ op: "convert", at: "/a", kind: "millis_to_rfc3339" }],
  [{ op: "split", at: "/a", separator: " ", into: ["b", "c"] }],
  [{ op: "join", at: "/a", separator: ", ", from: ["b", "c"] }],
  [{ op: "when", at: "/a/*", member: "type", is: "b", ops: [{ op: "rename", at: "/a", to: "b" }] }],
]) {
  test(`op ${op.op} is taken by both`, () => {
    assert.ok(valid(change(op, lossy)), JSON.stringify(valid.errors));
    assert.ok(loads(change(op, lossy)));
  });
}

for (const [name, registry] of Object.entries({
  "another format": { format: 2 },
  "no format": {},
  "an unknown member": { format: 1, version: [] },
  "a version with a leading zero": { format: 1, versions: ["09.0.0"] },
  "an event without a model": { format: 1, events: { A: {} } },
  "an unknown op": change({ op: "replace", at: "/a" }),
  "a pointer without a slash": change({ op: "head", at: "a" }, "up"),
  "a pointer with a wrong escape": change({ op: "head", at: "/~3" }, "up"),
  "an op without its default": change({ op: "add", at: "/a" }, "down"),
  "an op with a member of another": change({ op: "head", at: "/a", to: "b" }, "up"),
  "a pair of three": change({ op: "map_value", at: "/a", pairs: [[1, 2, 3]] }),
  "a fraction in a table": change({ op: "map_value", at: "/a", pairs: [[1.5, 2]] }),
  "one part": change({ op: "split", at: "/a", separator: " ", into: ["b"] }),
  "when inside when": change({
    op: "when",
    at: "",
    member: "t",
    is: 1,
    ops: [{ op: "when", at: "", member: "t", is: 1, ops: [{ op: "head", at: "/a" }] }],
  }),
  "no ops": { ...change({}), changes: [{ ...change({}).changes[0], ops: [] }] },
  "model and event": {
    ...change({}),
    changes: [{ ...change({ op: "rename", at: "/a", to: "b" }).changes[0], on: { model: "Activity", event: "Ping" } }],
  },
})) {
  test(`${name} is refused by both`, () => assert.deepEqual([valid(registry), loads(registry)], [false, false]));
}
