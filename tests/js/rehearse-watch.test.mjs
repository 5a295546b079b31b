// Watched data is as plain data to a handler: what it does with both comes out the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect, isDeepStrictEqual } from "node:util";
import { saved, upgrade } from "./rehearsed.mjs";

const json = {
  text: 'é\u2028"',
  time: "2026-11-30T12:00:00.000Z",
  millis: 1_700_000_000_000,
  list: [3, 1, 2, null, "x"],
  objects: [{ id: 2 }, { id: 1, deep: { list: [[1], [2, [3]]] } }],
  empty: {},
  none: null,
  object: { b: 1, a: { c: true } },
  "a/b~c*": { "": 0 },
  then: "a text",
  constructor: { name: "a member" },
  length: 7,
};

/** Hands over the data plain, and watched; returns what the handler made of each. */
async function both(handler, data = json) {
  const seen = [];
  const keep = async (event, received) => {
    try {
      seen.push(await handler(event.data, event, received));
    } catch (thrown) {
      seen.push([thrown.name]);
    }
  };
  const { rows } = await upgrade({ Ping: keep }, saved("Ping", data));
  assert.equal(rows[0].outcome, "no_result");
  assert.equal(seen.length, 3);
  const [plain, watched] = seen;
  return [plain, watched];
}

const freeze = (value) => {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) freeze(part);
  return Object.freeze(value);
};

for (const act of [
  (data) => data.object === data.object && data.objects[1].deep === data.objects[1].deep,
  (data) => data.objects.includes(data.objects[1]) && data.objects.indexOf(data.objects[1]),
  (data) =>
    new Map([[data.object, "found"]]).get(data.object) +
    new WeakMap([[data.empty, 1]]).get(data.empty) +
    new Set([data.list, data.list]).size,
  (data, event, received) => [event.data === data, received.event === event, received.event.data === data],
  (data) => [data instanceof Object, data.list instanceof Array, data.object instanceof Array],
  (data) => [Array.isArray(data.list), Array.isArray(data.object), typeof data, typeof data.none],
  (data) => [Object.getPrototypeOf(data) === Object.prototype, Object.getPrototypeOf(data.list) === Array.prototype],
  (data) => [data.object.constructor === Object, data.list.constructor === Array, data.constructor.name],
  (data) => [JSON.stringify(data), JSON.stringify(data, null, 2), JSON.stringify(data, ["object", "b"])],
  (data, event, received) => [JSON.stringify(event), JSON.stringify(received), received.json],
  (data, _event, received) => [received.raw.length, received.replayKey.length, received.eventKey, received.type, Object.keys(received)],
  (data) => JSON.stringify({ wrapped: [data.objects, data] }),
  (data) => [{ ...data }, [...data.list], { ...data.list }, Object.assign({}, data.object)],
  ({ object: { a, ...rest }, list: [first, ...others] }) => [a, rest, first, others],
  (data) => [Object.keys(data), Object.values(data.object), Object.entries(data.objects), Object.getOwnPropertyNames(data.list)],
  (data) => [Object.getOwnPropertyDescriptors(data), Reflect.ownKeys(data.list), Object.getOwnPropertyDescriptor(data, "absent")],
  (data) => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, typeof value])),
  (data) => ["text" in data, "absent" in data, "toString" in data, 1 in data.list, 9 in data.list],
  (data) => [
    Object.hasOwn(data, "text"),
    data.hasOwnProperty("absent"),
    data.propertyIsEnumerable("list"),
    data.list.hasOwnProperty("length"),
  ],
  (data) => {
    const names = [];
    for (const name in data.object) names.push(name);
    for (const value of data.list) names.push(value);
    for (const [index, value] of data.objects.entries()) names.push(index, value.id);
    return names;
  },
  ({ list }) => [list.map(String), list.filter(Boolean), list.reduce((sum, each) => sum + each), list.at(-1), list.join(), `${list}`],
  ({ list }) => [
    list.slice(1),
    list.concat([1], list),
    [0].concat(list),
    list.toSorted(),
    list.toReversed(),
    list.with(0, 9),
    list.toSpliced(0, 1),
  ],
  ({ objects }) => [
    objects.flatMap(({ deep }) => deep?.list ?? []).flat(3),
    objects.find(({ id }) => id === 1),
    objects.some(({ id }) => id > 1),
  ],
  ({ objects }) => [objects.sort((a, b) => a.id - b.id) === objects, objects.map(({ id }) => id)],
  ({ list }) => [list.push(4, 5), list.pop(), list.shift(), list.unshift(0), list.splice(1, 2, "new"), list.reverse(), list.length],
  ({ list }) => [list.fill(0, 1, 2), list.copyWithin(0, 2), (list.length = 2), list, list.length],
  (data) => [
    Array.from(data.list),
    Array.from(data.objects, ({ id }) => id),
    Math.max(...data.list.slice(0, 3)),
    Array.prototype.slice.call(data, 0),
  ],
  (data) => [
    new Date(data.time).toISOString(),
    new Date(data.millis).getTime(),
    Number.isNaN(new Date(data).getTime()),
    new Intl.DateTimeFormat("en", { timeZone: "UTC" }).format(data.millis),
  ],
  (data) => [
    `${data.object}`,
    String(data.list),
    data.list + "",
    Number(data.object),
    +data.list.slice(0, 1),
    data.empty == "[object Object]",
  ],
  (data) => [
    Object.prototype.toString.call(data),
    Object.prototype.toString.call(data.list),
    data[Symbol.toStringTag],
    data[Symbol.iterator],
  ],
  async (data) => [(await data) === data, await Promise.all(data.list), (await Promise.resolve(data.object)).b],
  (data) => [(data.added = 1), (data.text = "new"), delete data.list, delete data.absent, data.list, Object.keys(data)],
  (data) => [(data.object.a = data.list), data.object.a === data.list, (data.self = data), data.self === data, data.self.self === data],
  (data) => [Object.defineProperty(data, "hidden", { value: 1 }) === data, data.hidden, Object.keys(data), JSON.stringify(data)],
  (data) => [Reflect.set(data, "text", 1), Reflect.defineProperty(data, "x", { value: 1 }), Reflect.deleteProperty(data, "x"), data.text],
  (data) => {
    const heir = Object.create(data);
    heir.text = "of the heir";
    return [heir.text, data.text, Object.keys(heir), heir.millis, "list" in heir, Reflect.set(data, "text", 2, heir), heir.text];
  },
  (data) => [Object.freeze(data) === data, Object.isFrozen(data), data.object.b, data.objects[1].deep.list, Reflect.set(data, "text", 1)],
  (data) => [
    freeze(data).object === data.object,
    Object.isFrozen(data.objects[1]),
    JSON.stringify(data),
    data.list.map(String),
    { ...data.object },
  ],
  (data) => (freeze(data).object.b = 1),
  (data) => freeze(data).list.push(1),
  (data) => delete Object.seal(data).text,
  (data) => [Object.isExtensible(Object.preventExtensions(data)), Reflect.set(data, "absent", 1), "absent" in data],
  (data) => [Object.setPrototypeOf(data, null) === data, Object.getPrototypeOf(data), "toString" in data],
  (data) => [data["a/b~c*"][""], data.absent?.deeper, data.none?.x, data.then, data.length, data.list.length],
  (data) => data.absent.deeper,
  (data) => data.none.deeper,
  (data) => data.list.absent(),
  (data) => [inspect(data), inspect(data.objects, { depth: 9 })],
  (data) => [
    isDeepStrictEqual(data, JSON.parse(JSON.stringify(json))),
    assert.deepStrictEqual(data, json),
    assert.notDeepStrictEqual(data, {}),
  ],
  (data) => new URLSearchParams(data.object).toString(),
  (data) => [
    new Uint8Array(data.list.slice(0, 3)),
    Buffer.from(data.list.slice(0, 3)).toString("hex"),
    new Headers({ a: data.time }).get("a"),
  ],
]) {
  test(`watched data is as plain data: ${act.toString().replaceAll(/\s+/g, " ")}`, async () => {
    const [plain, watched] = await both(act);
    assert.deepStrictEqual(watched, plain);
  });
}

test("a member that is called __proto__ is a member", async () => {
  const data = JSON.parse('{"__proto__":{"x":1},"b":2}');
  const [plain, watched] = await both((given) => [given.x, given["__proto__"].x, Object.keys(given), JSON.stringify(given)], data);
  assert.deepEqual(plain, [undefined, 1, ["__proto__", "b"], '{"__proto__":{"x":1},"b":2}']);
  assert.deepEqual(watched, plain);
});

test("data that is no object is handed over as it is", async () => {
  for (const data of [null, "text", 5, true, [], [1]]) assert.deepEqual(await both((given) => given, data), [data, data]);
});

test("a handler that clones the data has the result that it would have, with each way to clone", async () => {
  const { port1 } = new MessageChannel();
  for (const clone of [structuredClone, (data) => structuredClone({ deep: [data] }).deep[0], (data) => (port1.postMessage(data), data)]) {
    const { rows } = await upgrade({ Ping: ({ data }) => clone(data).object.b }, saved("Ping", json));
    assert.deepEqual([rows[0].outcome, rows[0].error, rows[0].readsKnown], ["same", null, false]);
  }
  port1.close();
});

/** Numbers that a seed decides: the low bits of a linear congruential generator's high ones. */
const random = (seed) => {
  // Seeds that follow one another are spread out.
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const NAMES = ["a", "b", "c", "length", "0", "1", "toString", "__proto__", "then", ""];

function document(pick, depth = 0) {
  const kind = pick(depth > 3 ? 4 : 7);
  if (kind < 4) return [pick(100), `text ${pick(9)}`, null, pick(2) === 0][kind];
  if (kind === 4) return Array.from({ length: pick(5) }, () => document(pick, depth + 1));
  const entries = Array.from({ length: 1 + pick(5) }, () => [NAMES[pick(NAMES.length)], document(pick, depth + 1)]);
  // As JSON.parse makes members, `__proto__` too.
  return JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`);
}

/** Steps of a walk: each looks at, or changes, the object where the walk is. */
const STEPS = [
  (at, name) => name in at,
  (at, name) => Object.hasOwn(at, name),
  (at, name) => typeof at[name],
  (at) => Object.keys(at),
  (at) => JSON.stringify(at),
  (at) => JSON.stringify({ ...at }),
  (at) => Object.entries(at).length,
  (at, name, value) => Reflect.set(at, name, value),
  (at, name) => Reflect.deleteProperty(at, name),
  (at, name, value) => Reflect.defineProperty(at, name, { value, enumerable: true, configurable: value % 2 === 0 }),
  (at, name) => JSON.stringify(Object.getOwnPropertyDescriptor(at, name)),
  (at, _name, value) => (Array.isArray(at) ? at.push(value) : at.a === at.a),
  (at) => (Array.isArray(at) ? JSON.stringify(at.reverse()) : Object.isFrozen(at)),
  (at, _name, value) => (value === 7 ? Object.isFrozen(Object.freeze(at)) : Object.isExtensible(at)),
  (at, _name, value) => (value === 8 ? Object.isExtensible(Object.preventExtensions(at)) : Array.isArray(at)),
];

/** Walks through data by a seed, and returns what each step said. */
function walk(data, seed) {
  const pick = random(seed);
  const said = [];
  let at = data;
  for (let step = 0; step < 60; step += 1) {
    const name = NAMES[pick(NAMES.length)];
    const act = STEPS[pick(STEPS.length)];
    const value = pick(20);
    try {
      said.push(act(at, name, value));
    } catch (thrown) {
      said.push(thrown.name);
    }
    const inner = Object.hasOwn(at, name) ? at[name] : undefined;
    if (typeof inner === "object" && inner !== null) {
      said.push(at[name] === inner);
      at = inner;
    } else if (pick(6) === 0) at = data;
  }
  return [said, JSON.stringify(data)];
}

test("random walks through random data say the same of watched data as of plain data", async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const pick = random(seed);
    const data = { a: document(pick), b: document(pick), c: [document(pick), document(pick)] };
    const [plain, watched] = await both((given) => walk(given, seed), data);
    assert.deepEqual(watched, plain, `seed ${seed}`);
    assert.ok(plain[0].length >= 60);
  }
});
