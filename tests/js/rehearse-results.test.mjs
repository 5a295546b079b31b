// How `rehearse` compares what a handler returned at two versions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { rehearse } from "mambo-webhooks/testing";
import { saved, upgrade, wallet } from "./rehearsed.mjs";

/** Rehearses a handler that returns the one value at the old version and the other one at the new. */
async function compared(old, upgraded) {
  const handler = (_event, { deliveredVersion }) => (deliveredVersion === "9.0.0" ? upgraded() : old());
  const { rows } = await upgrade({ Ping: handler }, saved("Ping", {}));
  return rows[0].outcome === "other" ? rows[0].differsAt : rows[0].outcome;
}

const cycle = (end) => {
  const one = { end };
  one.two = { one };
  return one;
};
class Point {
  constructor(x) {
    this.x = x;
  }
}
class Secretive {
  #x = 1;
  get x() {
    return this.#x;
  }
}
const now = new Date(0);
const shared = Symbol("shared");
const secretive = new Secretive();

for (const [name, old, upgraded, expected] of [
  ["equal numbers", () => 1, () => 1, "same"],
  ["NaN", () => [NaN], () => [NaN], "same"],
  ["zeros of both signs", () => 0, () => -0, "same"],
  ["a number and its text", () => ({ a: 1 }), () => ({ a: "1" }), "/a"],
  ["null and undefined", () => null, () => undefined, ""],
  ["null twice", () => null, () => null, "same"],
  ["promises of equal values", async () => [1], () => [1], "same"],
  ["members in another order", () => ({ a: 1, b: 2 }), () => ({ b: 2, a: 1 }), "same"],
  ["an added member", () => ({ a: { b: 1 } }), () => ({ a: { b: 1, "c/d": 2 } }), "/a/c~1d"],
  ["a lost member", () => ({ a: { b: 1, c: 2 } }), () => ({ a: { b: 1 } }), "/a/c"],
  ["a member that is undefined, and none", () => ({ a: undefined }), () => ({}), "/a"],
  ["an added element", () => [1], () => [1, 2], "/1"],
  ["elements in another order", () => [1, 2], () => [2, 1], "/0"],
  ["an array and an object", () => [1], () => ({ 0: 1 }), ""],
  ["an empty array and an empty object", () => [[]], () => [{}], "/0"],
  ["empty objects", () => ({}), () => ({}), "same"],
  ["equal objects that contain themselves", () => cycle(1), () => cycle(1), "same"],
  ["other objects that contain themselves", () => cycle(1), () => cycle(2), "/end"],
  ["equal dates", () => new Date(5), () => new Date(5), "same"],
  ["other dates", () => ({ at: now }), () => ({ at: new Date(1) }), "/at"],
  ["invalid dates", () => new Date("x"), () => new Date("y"), "same"],
  ["equal maps", () => new Map([["a", { b: 1 }]]), () => new Map([["a", { b: 1 }]]), "same"],
  ["other maps", () => new Map([["a", { b: 1 }]]), () => new Map([["a", { b: 2 }]]), "/0/1/b"],
  ["other sets", () => new Set([1, 2]), () => new Set([1]), "/1"],
  ["equal expressions", () => /a/gi, () => /a/gi, "same"],
  ["other expressions", () => /a/g, () => /a/i, ""],
  ["equal errors", () => new RangeError("x"), () => new RangeError("x"), "same"],
  ["other errors", () => new RangeError("x"), () => new RangeError("y"), ""],
  ["equal bytes", () => new Uint8Array([1, 2]), () => new Uint8Array([1, 2]), "same"],
  ["other bytes", () => Buffer.from("a"), () => Buffer.from("b"), ""],
  ["other buffers", () => new Uint8Array([1]).buffer, () => new Uint8Array([2]).buffer, ""],
  ["bytes of another kind", () => new Uint8Array([1, 0]), () => new Uint16Array([1]), ""],
  ["instances of a class", () => new Point(1), () => new Point(1), "same"],
  ["other instances", () => new Point(1), () => new Point(2), "/x"],
  ["an instance and an object", () => new Point(1), () => ({ x: 1 }), ""],
  ["instances without visible parts", () => new Secretive(), () => new Secretive(), "unsteady"],
  ["one instance without visible parts", () => secretive, () => secretive, "same"],
  ["functions made anew", () => () => 1, () => () => 1, "unsteady"],
  ["one symbol", () => shared, () => shared, "same"],
  ["big integers", () => 5n, () => 5n, "same"],
  ["objects of another realm", () => runInNewContext("({ a: new Map([[1, 2]]) }).a.get(1)"), () => 2, "same"],
  ["an object with a false tag", () => ({ a: 1, [Symbol.toStringTag]: "Map" }), () => 1, "unsteady"],
]) {
  test(`results are compared: ${name}`, async () => {
    assert.equal(await compared(old, upgraded), expected);
  });
}

test("a result is compared as it was when the handler returned it", async () => {
  const seen = [];
  const all = ({ data }) => {
    seen.push(Object.keys(data)[0]);
    return seen;
  };
  const { rows } = await upgrade({ PointWalletUpdated: all }, wallet());
  assert.equal(rows[0].outcome, "unsteady");
});

test("what the rehearsal reads of a result is no read of the handler", async () => {
  const { rows } = await upgrade({ PointWalletUpdated: ({ data }) => data }, wallet());
  assert.deepEqual([rows[0].outcome, rows[0].differsAt, rows[0].listedButChanged], ["other", "/exampleField", []]);
});

test("what every object inherits is not asked of the data, though the old version has a member of that name", async () => {
  const ops = [{ op: "rename", at: "/toString", to: "text" }];
  const change = { id: "text", since: "9.0.0", on: { event: "Ping" }, summary: "Renamed.", lossy: "none", ops };
  const registry = { format: 1, versions: ["9.0.0"], changes: [change] };
  const options = { deliveries: [saved("Ping", { toString: "a" })], registry, from: "8.10.2", to: "9.0.0" };
  const read = async (handler) => (await rehearse({ ...options, handlers: { Ping: handler } })).rows[0].readButGone;
  assert.deepEqual(await read(({ data }) => void data.toString), []);
  assert.deepEqual(await read(({ data }) => void data.text), []);
});
