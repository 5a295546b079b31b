// The servers that adapters are for, each on a real socket, and a client that sends as it is told.
import { once } from "node:events";
import { createServer, request } from "node:http";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expressHandler } from "mambo-webhooks/express";
import { fastifyWebhooks } from "mambo-webhooks/fastify";
import { fetchHandler } from "mambo-webhooks/fetch";
import { honoHandler } from "mambo-webhooks/hono";
import { nodeHandler } from "mambo-webhooks/node";

const require = createRequire(join(process.env.MAMBO_REPOSITORY, "js/package.json"));
export const express = require("express");
export const express4 = require("express4");
export const Fastify = require("fastify");
export const { Hono } = require("hono");

/** Each hands back a request listener for a receiver. */
export const servers = {
  "node:http": (receiver, options) => nodeHandler(receiver, options),
  "Express 5": (receiver, options) => express().post("/", expressHandler(receiver, options)),
  "Express 4": (receiver, options) => express4().post("/", expressHandler(receiver, options)),
  Fastify: (receiver, options) => fastify((app) => app.register(fastifyWebhooks, { receiver, ...options })),
  Fetch: (receiver, options) => fetchServer(fetchHandler(receiver, options)),
  Hono: (receiver, options) => fetchServer(new Hono().post("/", honoHandler(receiver, options)).fetch),
};

/** A listener of a Fastify app. */
export async function fastify(build) {
  const app = Fastify({ serverFactory: (handler) => createServer(handler) });
  build(app);
  await app.ready();
  return app.routing;
}

/** What runtimes with Fetch servers do: the request's body is a stream of what comes. */
function fetchServer(handler) {
  return async (incoming, outgoing) => {
    const headers = Object.entries(incoming.headers);
    const answer = await handler(
      new Request("https://localhost/", { method: "POST", headers, body: Readable.toWeb(incoming), duplex: "half" }),
    );
    outgoing.statusCode = answer.status;
    outgoing.end(await answer.text());
  };
}

/** Posts `chunks` to a listener on loopback, with pauses between them; hands back status and text. */
export async function post(listener, headers, chunks, pauseMs = 0) {
  const server = createServer(await listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await new Promise((resolve, reject) => {
      const outgoing = request({ port: server.address().port, method: "POST", headers }, (answer) => {
        text(answer).then((answered) => resolve([answer.statusCode, answered]), reject);
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

/** Writes all of it on one connection before it looks at an answer; hands back the first `count` statuses. */
export async function converse(listener, parts, count) {
  const server = createServer(await listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect(server.address().port, "127.0.0.1");
  try {
    for (const part of parts) if (!socket.write(part)) await once(socket, "drain", { signal: AbortSignal.timeout(20_000) });
    let said = "";
    for await (const chunk of socket) {
      said += chunk;
      const statuses = [...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
      if (statuses.length >= count) return statuses;
    }
    return said;
  } finally {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  }
}
