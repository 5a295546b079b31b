// What every runtime must answer: the shared vectors, and the few things that touch a host. Knows no runtime.

/** Runs all of it with the exports of the library and of its tools; returns the names of what failed. */
export function suite({ createReceiver, WebhookError }, vectors, tools) {
  const failed = [];
  let passed = 0;
  const check = (name, act) => {
    try {
      const problem = act();
      if (problem === undefined) passed += 1;
      else failed.push(`${name}: ${problem}`);
    } catch (thrown) {
      failed.push(`${name}: ${thrown}`);
    }
  };
  const equal = (found, wanted) => {
    const [left, right] = [JSON.stringify(sorted(found)), JSON.stringify(sorted(wanted))];
    return left === right ? undefined : `found ${left}, expected ${right}`;
  };

  for (const { name, settings, headers, body, bodyHex, now, expect } of vectors.cases) {
    check(name, () => {
      try {
        const receiver = createReceiver({ ...settings, clock: () => now });
        const found = receiver.receive({ headers, body: body ?? bytes(bodyHex) });
        const { type, keyId, receivedVersion, deliveredVersion, applied, timestamp, event } = found;
        const outcome = { type, id: event.id, data: event.data, keyId, receivedVersion, deliveredVersion, applied, timestamp };
        return equal(outcome, "data" in expect ? { ...expect, data: JSON.parse(expect.data) } : expect);
      } catch (error) {
        if (!WebhookError.is(error)) throw error;
        return equal({ code: error.code, fault: error.fault, message: error.message }, expect);
      }
    });
  }

  const accepted = vectors.cases.find(({ expect }) => "data" in expect);
  const receiver = createReceiver({ ...accepted.settings, clock: () => accepted.now });
  const shapes = { Headers: new Headers(accepted.headers), record: Object.fromEntries(accepted.headers) };
  for (const [name, headers] of Object.entries(shapes)) {
    check(`headers as ${name}`, () => equal(receiver.receive({ headers, body: accepted.body }).type, accepted.expect.type));
  }
  const text = new TextEncoder().encode(accepted.body);
  for (const [name, body] of Object.entries({ bytes: text, buffer: text.buffer, view: new DataView(text.buffer) })) {
    check(`a body as ${name}`, () => equal(receiver.receive({ headers: accepted.headers, body }).type, accepted.expect.type));
  }
  check("the clock of the host", () => {
    const old = createReceiver(accepted.settings).diagnose({ headers: accepted.headers, body: accepted.body });
    return equal([old.error.code, old.causes[0].code], ["timestamp_too_old", "clock_skew"]);
  });
  check("detection", () => {
    const [{ secret }] = accepted.settings.keys;
    const { profiles } = tools.detect({ headers: accepted.headers, body: accepted.body, secrets: [secret], now: accepted.now });
    return equal(
      profiles.map(({ profile }) => profile.scheme.signedTexts),
      [["{timestamp}.{body}"]],
    );
  });
  return { passed, failed };
}

/** The same value with its members in one order. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

function bytes(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
