// Routing and adapters, on real sockets: what a handler gets, what the sender is answered.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { text as read } from "node:stream/consumers";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { createReceiver, createRouter, handle, memoryReplayStore, nodeHandler, webHandler } from "mambo-webhooks";
import { sign } from "mambo-webhooks/testing";

const secret = "correct horse battery staple";
const ping = '{"event":"Ping","data":{"message":"ping"}}';
const express = createRequire(join(process.env.MAMBO_REPOSITORY, "js/package.json"))("express");
const receiver = (options) => createReceiver({ secret, ...options });
const signed = (body, now) => ({ "x-mambo-signature": sign({ secret, body, ...(now && { now }) }) });

/** Posts `chunks` to a listener on loopback, with pauses between them; hands back status and text. */
async function post(listener, headers, chunks, pauseMs = 0) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await new Promise((resolve, reject) => {
      const outgoing = request({ port: server.address().port, method: "POST", headers }, (answer) => {
        read(answer).then((answered) => resolve([answer.statusCode, answered]), reject);
        // An answer may come before all is sent; what is still on its way then fails on the socket itself.
        outgoing.socket.on("error", () => {});
      });
      outgoing.on("error", reject);
      (async () => {
        for (const chunk of chunks) {
          outgoing.write(chunk);
          if (pauseMs > 0) await new Promise((wake) => setTimeout(wake, pauseMs));
        }
        outgoing.end();
      })();
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("handlers of a kind, of all and of the unknown", async () => {
  const seen = [];
  const router = createRouter(receiver())
    .on("Ping", ({ kind, data }) => seen.push(["on", kind, data.message]))
    .on("ActivityCreated", () => seen.push("never"))
    .onAny(({ kind }) => seen.push(["any", kind]))
    .onUnknown(({ kind }) => seen.push(["unknown", kind]));
  await router.route({ headers: signed(ping), body: ping });
  const coupon = '{"event":"CouponExpired","data":{}}';
  const { kind } = await router.route({ headers: signed(coupon), body: coupon });
  assert.equal(kind, "CouponExpired");
  assert.deepEqual(seen, [["on", "Ping", "ping"], ["any", "Ping"], ["any", "CouponExpired"], ["unknown", "CouponExpired"]]);
});

test("handlers all run, and what they throw is gathered", async () => {
  let ran = 0;
  const fail = (word) => () => { ran += 1; throw new Error(word); };
  const one = createRouter(receiver()).onAny(fail("one")).onAny(() => { ran += 1; });
  await assert.rejects(one.route({ headers: signed(ping), body: ping }), /^Error: one$/);
  const two = createRouter(receiver()).onAny(fail("one")).on("Ping", async () => fail("two")());
  await assert.rejects(two.route({ headers: signed(ping), body: ping }), ({ name, message, errors }) =>
    name === "AggregateError" && message === "2 handlers of Ping failed" && errors.map(String).join() === "Error: one,Error: two");
  assert.equal(ran, 4);
});

test("node:http: whole, in pieces, slowly, empty, too large", async () => {
  const bodies = [];
  const codes = [];
  const target = handle(receiver(), ({ raw }) => bodies.push(Buffer.from(raw).toString()));
  const listener = nodeHandler(target, { onError: ({ code }) => codes.push(code) });
  assert.deepEqual(await post(listener, { ...signed(ping), "content-length": ping.length }, [ping]), [204, ""]);
  assert.deepEqual(await post(listener, signed(ping), [ping.slice(0, 9), ping.slice(9)]), [204, ""]);
  assert.deepEqual(await post(listener, signed(ping), [...ping], 2), [204, ""]);
  assert.deepEqual(await post(listener, signed(""), []), [400, "body_not_json"]);
  const large = Buffer.alloc(10 * 1024 * 1024, " ");
  const answer = await post(listener, signed(ping), [large]).catch(({ code }) => [code]);
  // The answer comes before all of the body is sent: the sender reads it, or finds the connection closed.
  assert.ok(answer[0] === 413 || answer[0] === "EPIPE" || answer[0] === "ECONNRESET", String(answer));
  assert.deepEqual(bodies, [ping, ping, ping]);
  assert.deepEqual(codes, ["body_not_json", "body_too_large"]);
});

test("node:http: refusals and failures have their status", async () => {
  const failing = nodeHandler(handle(receiver(), () => { throw new Error("no database"); }));
  assert.deepEqual(await post(failing, signed(ping), [ping]), [500, "handler_failed"]);
  const fine = nodeHandler(handle(receiver(), () => {}));
  assert.deepEqual(await post(fine, signed("{}"), [ping]), [401, "signature_mismatch"]);
  assert.deepEqual(await post(fine, {}, [ping]), [401, "header_missing"]);
  assert.deepEqual(await post(fine, { "x-mambo-signature": "t" }, [ping]), [400, "header_malformed"]);
  assert.deepEqual(await post(fine, signed(ping, Date.now() - 600_000), [ping]), [401, "timestamp_too_old"]);
  const once = nodeHandler(handle(receiver({ replay: { store: memoryReplayStore() } }), () => {}));
  const headers = signed(ping);
  assert.deepEqual(await post(once, headers, [ping]), [204, ""]);
  assert.deepEqual(await post(once, headers, [ping]), [200, "delivery_replayed"]);
});

test("Express: alone, behind the raw parser, and behind the JSON parser, which is told to move", async () => {
  const kinds = [];
  const messages = [];
  const target = createRouter(receiver()).onAny(({ kind }) => kinds.push(kind));
  const route = nodeHandler(target, { onError: ({ message }) => messages.push(message) });
  const headers = { ...signed(ping), "content-type": "application/json" };
  assert.deepEqual(await post(express().post("/", route), headers, [ping]), [204, ""]);
  assert.deepEqual(await post(express().post("/", express.raw({ type: "*/*" }), route), headers, [ping]), [204, ""]);
  assert.deepEqual(await post(express().use(express.json()).post("/", route), headers, [ping]), [500, "body_parsed"]);
  assert.deepEqual(kinds, ["Ping", "Ping"]);
  assert.deepEqual(messages, ["body is an object, not the received bytes: read the raw body before any JSON middleware"]);
});

test("an onError that fails leaves nobody without an answer", async () => {
  const failing = () => { throw new Error("no log"); };
  const target = handle(receiver(), () => { throw null; });
  assert.deepEqual(await post(nodeHandler(target, { onError: failing }), signed(ping), [ping]), [500, "handler_failed"]);
  assert.equal((await webHandler(target, { onError: async () => failing() })(new Request("https://localhost/", { method: "POST", headers: signed(ping), body: ping }))).status, 500);
});

test("Fetch requests that break off or go on too long", async () => {
  const stream = (pull) => new Request("https://localhost/", { method: "POST", headers: signed(ping), body: new ReadableStream({ pull }), duplex: "half" });
  const handler = webHandler(handle(receiver(), () => {}), { maxBodyBytes: 1000 });
  let sent = 0;
  const endless = stream((controller) => { sent += 100; controller.enqueue(new Uint8Array(100)); });
  const refused = await handler(endless);
  assert.deepEqual([refused.status, await refused.text(), sent < 5000], [413, "body_too_large", true]);
  assert.equal((await handler(stream((controller) => controller.error(new Error("reset"))))).status, 500);
});

test("Fetch requests, read and unread", async () => {
  const messages = [];
  const handler = webHandler(handle(receiver(), () => {}), { onError: ({ message }) => messages.push(message) });
  const make = (headers) => new Request("https://localhost/", { method: "POST", headers, body: ping });
  assert.equal((await handler(make(signed(ping)))).status, 204);
  const refused = await handler(make({}));
  assert.deepEqual([refused.status, await refused.text()], [401, "header_missing"]);
  const read = make(signed(ping));
  await read.json();
  assert.equal((await handler(read)).status, 500);
  assert.deepEqual(messages, [
    "header x-mambo-signature is missing",
    "body is a Request whose body was read before, not the received bytes: read the raw body before any JSON middleware",
  ]);
});
