// Adapters on real servers and sockets: what a handler gets, what the sender is answered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, createGunzip, deflateSync, gzipSync } from "node:zlib";
import { memoryReplayStore } from "mambo-webhooks";
import { expressHandler } from "mambo-webhooks/express";
import { fastifyHandler, fastifyWebhooks } from "mambo-webhooks/fastify";
import { fetchHandler } from "mambo-webhooks/fetch";
import { honoHandler } from "mambo-webhooks/hono";
import { nodeHandler } from "mambo-webhooks/node";
import { tampered } from "mambo-webhooks/testing";
import { Hono, converse, express, express4, fastify, post, servers } from "./servers.mjs";
import { ping, receiver, secret, signed } from "./signed.mjs";

const encoded = (encoding) => ({ ...signed(), "content-encoding": encoding });

for (const [name, serve] of Object.entries(servers)) {
  test(`${name}: whole, in pieces, slowly, compressed, empty, too large`, async () => {
    const bodies = [];
    const codes = [];
    const listener = serve(
      receiver().onAny((_event, { raw }) => bodies.push(Buffer.from(raw).toString())),
      { onError: ({ code }) => codes.push(code) },
    );
    const large = Buffer.alloc(10 * 1024 * 1024, " ");
    for (const [headers, chunks, pauseMs] of [
      [{ ...signed(), "content-length": Buffer.byteLength(ping) }, [ping], 0],
      [signed(), [ping.slice(0, 9), ping.slice(9)], 0],
      [signed(), [...ping], 2],
      [encoded("gzip"), [gzipSync(ping)], 0],
      [encoded("deflate"), [...deflateSync(ping)].map((byte) => Buffer.of(byte)), 1],
      [encoded("identity"), [ping], 0],
    ]) {
      assert.deepEqual(await post(listener, headers, chunks, pauseMs), [204, ""]);
    }
    assert.deepEqual(
      bodies,
      Array.from({ length: 6 }, () => ping),
    );
    for (const [answer, headers, chunks] of [
      [[400, "body_not_json"], signed(""), []],
      [[415, "body_encoding"], encoded("br"), [brotliCompressSync(ping)]],
      [[415, "body_encoding"], encoded("gzip"), [ping]],
      [[415, "body_encoding"], encoded("gzip"), [gzipSync(ping).subarray(0, -9)]],
      [[413, "body_too_large"], signed(), [large]],
      [[413, "body_too_large"], encoded("gzip"), [gzipSync(large)]],
    ]) {
      assert.deepEqual(await post(listener, headers, chunks), answer);
      assert.equal(codes.at(-1), answer[1]);
    }
    assert.equal(bodies.length, 6);
  });

  test(`${name}: handlers get what the framework passed, each that of the same request`, async () => {
    const contexts = [];
    const listener = serve(receiver().onAny((_event, _received, context) => contexts.push(context)));
    for (let round = 0; round < 2; round += 1) assert.deepEqual(await post(listener, signed(), [ping]), [204, ""]);
    const [[first], [second]] = contexts;
    assert.ok(typeof first === "object" && first !== null && first !== second);
  });

  test(`${name}: a function makes the receiver at the first delivery, and again if it threw`, async () => {
    const thrown = [];
    let calls = 0;
    const make = async (...context) => {
      calls += 1;
      assert.ok(context.length > 0);
      if (calls === 1) throw new Error("no secret yet");
      return receiver().onAny(() => {});
    };
    const listener = serve(make, { onError: ({ message }) => thrown.push(message) });
    assert.deepEqual(await post(listener, signed(), [ping]), [500, "handler_failed"]);
    for (let round = 0; round < 2; round += 1) assert.deepEqual(await post(listener, signed(), [ping]), [204, ""]);
    assert.deepEqual([calls, thrown], [2, ["no secret yet"]]);
  });

  test(`${name}: every tampered delivery is refused, in words and a status that say why`, async () => {
    const statuses = { header_malformed: 400, header_repeated: 400, signature_malformed: 400 };
    const listener = serve(receiver().onAny(() => assert.fail("a forgery was handled")));
    for (const { name: what, headers, body, code } of tampered({ secret })) {
      const all = headers.reduce((record, [key, value]) => ({ ...record, [key]: [...(record[key] ?? []), value] }), {});
      const [status, said] = await post(listener, all, [body]);
      assert.equal(said, code, what);
      assert.equal(status, statuses[said] ?? 401, what);
    }
  });

  test(`${name}: failures and replays have their status`, async () => {
    const failing = serve(
      receiver().onAny(() => {
        throw new Error("no database");
      }),
    );
    assert.deepEqual(await post(failing, signed(), [ping]), [500, "handler_failed"]);
    assert.deepEqual(await post(serve(receiver()), signed(), [ping]), [500, "handlers_missing"]);
    const one = serve(receiver({ replay: { store: memoryReplayStore() } }).onAny(() => {}));
    const headers = signed();
    assert.deepEqual(await post(one, headers, [ping]), [204, ""]);
    assert.deepEqual(await post(one, headers, [ping]), [200, "delivery_replayed"]);
  });
}

for (const name of ["node:http", "Express 5", "Express 4", "Fastify"]) {
  for (const [what, encoding, body] of [
    ["too large", "identity", Buffer.alloc(10 * 1024 * 1024, " ")],
    ["not what its encoding says", "gzip", Buffer.alloc(10 * 1024 * 1024, " ")],
    ["in an unknown encoding", "br", Buffer.alloc(10 * 1024 * 1024, " ")],
  ]) {
    test(`${name}: a body that is ${what} is answered, and so is the next request on its connection`, async () => {
      const listener = servers[name](receiver().onAny(() => {}));
      const head = (headers, length) =>
        `POST / HTTP/1.1\r\nhost: a\r\n${Object.entries(headers)
          .map(([key, value]) => `${key}: ${value}\r\n`)
          .join("")}content-length: ${length}\r\n\r\n`;
      const answers = await converse(
        listener,
        [head(encoded(encoding), body.length), body, head(signed(), Buffer.byteLength(ping)), ping],
        2,
      );
      assert.deepEqual(answers, [encoding === "identity" ? 413 : 415, 204]);
    });
  }
}

test("a bound that is no number refuses, instead of switching itself off", async () => {
  const listener = nodeHandler(receiver().onAny(assert.fail), { maxBodyBytes: Number.NaN });
  assert.deepEqual(await post(listener, signed(), [ping]), [413, "body_too_large"]);
});

const advice = (found) => `body is ${found}, not the received bytes: read the raw body before any JSON middleware`;

for (const [name, make] of Object.entries({ "Express 5": express, "Express 4": express4 })) {
  test(`${name}: behind its parsers`, async () => {
    const messages = [];
    const handler = expressHandler(
      receiver().onAny(() => {}),
      { onError: ({ message }) => messages.push(message) },
    );
    assert.deepEqual(await post(make().post("/", make.raw({ type: "*/*" }), handler), signed(), [ping]), [204, ""]);
    assert.deepEqual(await post(make().post("/", make.raw({ type: "*/*" }), handler), encoded("gzip"), [gzipSync(ping)]), [204, ""]);
    assert.deepEqual(await post(make().post("/", make.text({ type: "*/*" }), handler), signed(), [ping]), [204, ""]);
    // A JSON parser that passes by another content type has read nothing.
    assert.deepEqual(await post(make().use(make.json()).post("/", handler), { ...signed(), "content-type": "text/plain" }, [ping]), [
      204,
      "",
    ]);
    assert.deepEqual(messages, []);
    assert.deepEqual(await post(make().use(make.json()).post("/", handler), signed(), [ping]), [500, "body_parsed"]);
    const drain = (request, _response, next) => request.resume().on("end", next);
    assert.deepEqual(await post(make().use(drain).post("/", handler), signed(), [ping]), [500, "body_parsed"]);
    assert.deepEqual(messages, [advice("an object"), advice("undefined")]);
  });
}

test("Fastify: the plugin leaves the app's own parsers alone, and its handler behind them says what to do", async () => {
  const messages = [];
  const target = receiver().onAny(() => {});
  const app = fastify((app) => {
    app.register(fastifyWebhooks, { receiver: target, url: "/hooks", prefix: "/mambo" });
    app.post("/", async ({ body }) => Object.keys(body).join());
    app.post("/late", fastifyHandler(target, { onError: ({ message }) => messages.push(message) }));
  });
  const at = (url) => async (incoming, outgoing) => (await app)(Object.assign(incoming, { url }), outgoing);
  assert.deepEqual(await post(at("/mambo/hooks"), signed(), [ping]), [204, ""]);
  assert.deepEqual(await post(at("/mambo/hooks"), { "x-mambo-signature": signed()["x-mambo-signature"] }, [ping]), [204, ""]);
  assert.deepEqual(await post(at("/"), signed(), [ping]), [200, "event,id,timestamp,data"]);
  assert.deepEqual(await post(at("/late"), signed(), [ping]), [500, "body_parsed"]);
  assert.deepEqual(messages, [advice("an object")]);
});

test("Fastify: a scope's own parser and a plugin that decompresses", async () => {
  const bodies = [];
  const target = receiver().onAny((_event, { raw }) => bodies.push(Buffer.from(raw).toString()));
  const asBuffer = fastify((app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "buffer" }, async (_request, bytes) => bytes);
    app.post("/", fastifyHandler(target));
  });
  const decompressing = fastify((app) => {
    // As @fastify/compress does: the header stays.
    app.addHook("preParsing", async ({ headers }, _reply, payload) =>
      headers["content-encoding"] === "gzip" ? payload.pipe(createGunzip()) : payload,
    );
    app.register(fastifyWebhooks, { receiver: target });
  });
  for (const app of [asBuffer, decompressing]) {
    for (const [headers, chunk] of [
      [signed(), ping],
      [encoded("gzip"), gzipSync(ping)],
      [encoded("deflate"), deflateSync(ping)],
    ]) {
      assert.deepEqual(await post(app, headers, [chunk]), [204, ""]);
    }
  }
  assert.deepEqual(
    bodies,
    Array.from({ length: 6 }, () => ping),
  );
});

test("a body that comes in pieces of a byte is held in no more than twice its length", async () => {
  const large = JSON.stringify({ event: "Ping", data: { message: "x".repeat(100_000) } });
  let held;
  const target = receiver().onAny((_event, { raw }) => {
    held = [Buffer.from(raw).toString() === large, raw.buffer.byteLength <= 2 * large.length];
  });
  const bytes = Buffer.from(large);
  const body = new ReadableStream({
    start(controller) {
      for (const at of bytes.keys()) controller.enqueue(bytes.subarray(at, at + 1));
      controller.close();
    },
  });
  const request = new Request("https://localhost/", { method: "POST", headers: signed(large), body, duplex: "half" });
  assert.equal((await fetchHandler(target)(request)).status, 204);
  assert.deepEqual(held, [true, true]);
});

test("Fetch requests that break off, go on too long, or were read before", async () => {
  const messages = [];
  const stream = (pull) =>
    new Request("https://localhost/", { method: "POST", headers: signed(), body: new ReadableStream({ pull }), duplex: "half" });
  const handler = fetchHandler(
    receiver().onAny(() => {}),
    { maxBodyBytes: 1000, onError: ({ message }) => messages.push(message) },
  );
  let sent = 0;
  const endless = stream((controller) => {
    sent += 100;
    controller.enqueue(new Uint8Array(100));
  });
  const refused = await handler(endless);
  assert.deepEqual([refused.status, await refused.text(), sent < 5000], [413, "body_too_large", true]);
  assert.equal((await handler(stream((controller) => controller.error(new Error("reset"))))).status, 500);
  const read = new Request("https://localhost/", { method: "POST", headers: signed(), body: ping });
  await read.json();
  assert.equal((await handler(read)).status, 500);
  assert.deepEqual(messages, ["body is over 1000 bytes", "reset", advice("a Request whose body was read before")]);
});

test("a compressed body whose connection breaks, and one that never yields a byte", async () => {
  const messages = [];
  const handler = fetchHandler(
    receiver().onAny(() => {}),
    { maxBodyBytes: 1000, onError: ({ message }) => messages.push(message) },
  );
  const stream = (pull) =>
    new Request("https://localhost/", { method: "POST", headers: encoded("gzip"), body: new ReadableStream({ pull }), duplex: "half" });
  let pulls = 0;
  const broken = stream((controller) =>
    pulls++ === 0 ? controller.enqueue(gzipSync(ping).subarray(0, 20)) : controller.error(new Error("reset")),
  );
  assert.equal((await handler(broken)).status, 500);
  // Stored blocks of length zero, for ever: much comes in, nothing comes out.
  let first = true;
  const hollow = stream((controller) => {
    controller.enqueue(first ? gzipSync("").subarray(0, 10) : new Uint8Array([0, 0, 0, 255, 255]));
    first = false;
  });
  assert.equal((await handler(hollow)).status, 413);
  assert.deepEqual(messages, ["reset", "body is over 1000 bytes"]);
});

test("bytes that a framework kept are used, where its parser ran first", async () => {
  const kept = [];
  const handler = () => receiver().onAny((_event, { raw }) => kept.push(Buffer.from(raw).toString()));
  const verify = (request, _response, bytes) => {
    request.rawBody = bytes;
  };
  for (const framework of [express, express4]) {
    const app = framework().use(framework.json({ verify })).post("/", expressHandler(handler()));
    assert.deepEqual(await post(app, signed(), [ping]), [204, ""]);
    assert.deepEqual(await post(app, encoded("gzip"), [gzipSync(ping)]), [204, ""]);
  }
  // As fastify-raw-body does.
  const build = (rawBody) =>
    fastify((app) => {
      app.addHook("preHandler", async (request) => {
        request.rawBody = rawBody;
      });
      app.post("/", fastifyHandler(handler()));
    });
  for (const rawBody of [Buffer.from(ping), ping]) assert.deepEqual(await post(build(rawBody), signed(), [ping]), [204, ""]);
  assert.deepEqual(
    kept,
    Array.from({ length: 6 }, () => ping),
  );
});

test("Hono: a body that other middleware read is taken from Hono's cache", async () => {
  const types = [];
  const app = new Hono()
    .use(async (context, next) => {
      await context.req.text();
      await next();
    })
    .post("/", honoHandler(receiver().onAny(({ type }) => types.push(type))));
  const answer = await app.request("/", { method: "POST", headers: signed(), body: ping });
  assert.deepEqual([answer.status, types], [204, ["Ping"]]);
});

test("a request that is made up for a function, with parsed headers only", async () => {
  const types = [];
  const request = { rawHeaders: [], headers: signed(), readableDidRead: true, rawBody: Buffer.from(ping) };
  const response = {
    statusCode: 0,
    end(text) {
      this.text = text;
    },
  };
  await nodeHandler(receiver().onAny(({ type }) => types.push(type)))(request, response);
  assert.deepEqual([response.statusCode, response.text, types], [204, undefined, ["Ping"]]);
});
