// WebAssembly's memory never shrinks, so a body without a valid signature must not make it grow for good.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memory } from "./core-memory.mjs";
import { createReceiver, initSync } from "mambo-webhooks/slim";

initSync(readFileSync(join(process.cwd(), "node_modules/mambo-webhooks/dist/core_bg.wasm")));

const PAGE = 65_536;
const LIMIT = 1_048_576;
const receiver = createReceiver({ secret: "correct horse battery staple", mac: "core" });

test("bodies that rise to the limit take four times its memory at most, and once only", () => {
  const refuse = (bytes) => {
    const body = new Uint8Array(bytes).fill(0x20);
    assert.throws(() => receiver.receive({ headers: {}, body }), { code: "header_missing" });
  };
  const before = memory.buffer.byteLength;
  for (let bytes = PAGE; bytes <= LIMIT; bytes += PAGE) refuse(bytes);
  const grown = memory.buffer.byteLength - before;
  assert.ok(grown <= 4 * LIMIT, `${grown / PAGE} pages more`);
  for (let bytes = PAGE / 2; bytes <= LIMIT; bytes += PAGE) refuse(bytes);
  assert.equal(memory.buffer.byteLength - before, grown);
});
