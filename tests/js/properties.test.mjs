// What holds for any headers and any replay store, tried on many made from a seed. MAMBO_SEED starts elsewhere, MAMBO_CASES
// tries more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createReceiver } from "mambo-webhooks";
import { sign } from "mambo-webhooks/testing";

const secret = "correct horse battery staple";
const now = 1_700_000_000_000;
const body = '{"event":"Ping","data":{"message":"ping"}}';
const name = "x-mambo-signature";
const honest = sign({ secret, body, now });
const forged = sign({ secret: "another secret of good length", body, now });
const receiver = createReceiver({ secret, clock: () => now });
const cases = Number(process.env.MAMBO_CASES ?? 3000);

/** Numbers below `below`, always the same ones (a linear congruence, as in Numerical Recipes). */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Each shape in which servers and runtimes hand over pairs; none for pairs that it cannot hold. */
const shapes = {
  pairs: (pairs) => pairs,
  rawHeaders: (pairs) => pairs.flat(),
  iterable: (pairs) => ({
    *[Symbol.iterator]() {
      yield* pairs;
    },
  }),
  Map: (pairs) => (isUnique(pairs) ? new Map(pairs) : undefined),
  record: (pairs) => (isUnique(pairs) ? Object.fromEntries(pairs) : undefined),
  lists: (pairs) => {
    const record = Object.create(null);
    for (const [key, value] of pairs) (record[key] ??= []).push(value);
    return record;
  },
  Headers: (pairs) => new Headers(pairs),
  lookup: (pairs) => ({ get: (wanted) => new Headers(pairs).get(wanted) }),
};
const isUnique = (pairs) => new Set(pairs.map(([key]) => key)).size === pairs.length;

test("a delivery is judged alike in every shape of headers", () => {
  const next = numbers(Number(process.env.MAMBO_SEED ?? 1));
  const pick = (list) => list[next(list.length)];
  const spell = (text) => [...text].map((letter) => (next(4) === 0 ? letter.toUpperCase() : letter)).join("");
  const outcomes = new Map();
  for (let round = 0; round < cases; round += 1) {
    const pairs = Array.from({ length: next(5) }, () => [
      spell(pick([name, name, "host", "x-other", "content-length"])),
      pick([honest, honest, forged, "", "t=1", "42"]),
    ]);
    const values = pairs.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
    const expected =
      values.length === 0
        ? "header_missing"
        : values.length > 1
          ? "several"
          : values[0] === honest
            ? "accepted"
            : values[0] === forged
              ? "signature_mismatch"
              : "refused";
    for (const [shape, make] of Object.entries(shapes)) {
      const headers = make(pairs);
      if (headers === undefined) continue;
      let found = "accepted";
      try {
        receiver.verify({ headers, body });
      } catch ({ code, fault }) {
        assert.equal(fault, "peer");
        found = code;
      }
      const what = `${shape} ${JSON.stringify(pairs)}`;
      if (expected === "refused") assert.notEqual(found, "accepted", what);
      // Fetch joins two headers of one name, so that there one may be empty or no signature at all.
      else if (expected === "several")
        assert.ok(found === "header_repeated" || (["Headers", "lookup"].includes(shape) && found !== "accepted"), `${found}: ${what}`);
      else assert.equal(found, expected, what);
      outcomes.set(found, (outcomes.get(found) ?? 0) + 1);
    }
  }
  assert.ok(outcomes.get("accepted") > cases / 10 && outcomes.get("header_repeated") > cases / 10, "the cases are no longer telling");
});

test("for any answer of a replay store, the handler runs only when the delivery is its own", async () => {
  const next = numbers(Number(process.env.MAMBO_SEED ?? 1));
  const answers = [
    "yours",
    "pending",
    "done",
    "full",
    "OK",
    "",
    "Yours",
    "toString",
    "constructor",
    "__proto__",
    undefined,
    null,
    true,
    false,
    0,
    1,
    NaN,
    1n,
    {},
    [],
    ["yours"],
    new String("yours"),
    () => "yours",
    Symbol("yours"),
  ];
  const refusals = new Map([
    ["pending", "delivery_pending"],
    ["done", "delivery_replayed"],
    ["full", "replay_store_full"],
  ]);
  for (let round = 0; round < cases; round += 1) {
    const [answer, isLater, isCommitted, isHandled] = [answers[next(answers.length)], next(2) === 0, next(4) > 0, next(4) > 0];
    const calls = [];
    const settle =
      (name, works) =>
      (...given) => {
        calls.push(name);
        assert.equal(typeof given[0], "string");
        if (!works) throw new Error(`${name} failed`);
      };
    const store = {
      reserve: () => (isLater ? Promise.resolve(answer) : answer),
      commit: settle("commit", isCommitted),
      release: settle("release", isCommitted),
    };
    const guarded = createReceiver({ secret, clock: () => now, replay: { store } });
    const outcome = await guarded
      .process({ headers: { [name]: honest }, body }, () => {
        calls.push("handler");
        if (!isHandled) throw new Error("handler failed");
        return "handled";
      })
      .catch((error) => error);
    const what = String(
      JSON.stringify([typeof answer, String(Object(answer) === answer ? "object" : answer?.toString()), isCommitted, isHandled]),
    );
    if (answer === "yours") {
      assert.deepEqual(calls, ["handler", isHandled ? "commit" : "release"], what);
      assert.equal(outcome === "handled", isHandled && isCommitted, what);
    } else {
      assert.deepEqual(calls, [], what);
      assert.equal(outcome.code, refusals.get(answer) ?? "options_invalid", what);
    }
  }
});
