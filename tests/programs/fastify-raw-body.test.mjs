// fastify-raw-body reads every request too. On a socket: with `inject`, its bytes come late enough for everybody.
import assert from "node:assert/strict";
import { test } from "node:test";
import Fastify from "fastify";
import rawBody from "fastify-raw-body";
import { createReceiver } from "mambo-webhooks";
import { fastifyHandler, fastifyWebhooks } from "mambo-webhooks/fastify";
import { sampleDelivery } from "mambo-webhooks/testing";

const secret = "a secret for tests";
const { headers, body } = sampleDelivery("Ping", { secret });
const types = [];
const receiver = createReceiver({ secret }).onAny(({ type }) => types.push(type));

const routes = {
  plugin: async (app) => app.register(fastifyWebhooks, { receiver, url: "/webhooks" }),
  handler: async (app) => app.post("/webhooks", fastifyHandler(receiver)),
};

/** What an app answers that keeps raw bodies. */
async function deliver(route, settings, text) {
  const app = Fastify();
  try {
    await app.register(rawBody, settings);
    await app.register(route);
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    const answer = await fetch(`${url}/webhooks`, { method: "POST", headers, body: text });
    return [answer.status, await answer.text()];
  } finally {
    app.server.closeAllConnections();
    await app.close();
  }
}

for (const [name, route] of Object.entries(routes)) {
  for (const settings of [{ global: true }, { global: true, encoding: false }]) {
    test(`${name}, beside ${JSON.stringify(settings)}: a signed delivery is handled`, async () => {
      types.length = 0;
      assert.deepEqual(await deliver(route, settings, body), [204, ""]);
      assert.deepEqual(types, ["Ping"]);
    });

    test(`${name}, beside ${JSON.stringify(settings)}: a tampered delivery is refused`, async () => {
      types.length = 0;
      assert.deepEqual(await deliver(route, settings, body.replace("ping", "pong")), [401, "signature_mismatch"]);
      assert.deepEqual(types, []);
    });
  }
}

test("plugin, where a list of routes names ours: the error says that something read first, not that the signature is wrong", async () => {
  assert.deepEqual(await deliver(routes.plugin, { global: false, routes: ["/webhooks"] }, body), [500, "body_parsed"]);
});
