// NestJS with `rawBody: true`: a controller hands its request and response to the handler of Express.
import "reflect-metadata";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Controller, Module, Post, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { createReceiver } from "mambo-webhooks";
import { expressHandler } from "mambo-webhooks/express";
import { sampleDelivery } from "mambo-webhooks/testing";

const secret = "a secret for tests";
const { headers, body } = sampleDelivery("Ping", { secret });
const types = [];
const codes = [];
const receiver = createReceiver({ secret }).onAny(({ type }) => types.push(type));
const handle = expressHandler(receiver, { onError: ({ code }) => codes.push(code) });

class Webhooks {
  receive(request, response) {
    return handle(request, response);
  }
}
// What `@Controller("webhooks")`, `@Post()`, `@Req()` and `@Res()` do.
Controller("webhooks")(Webhooks);
Post()(Webhooks.prototype, "receive", Object.getOwnPropertyDescriptor(Webhooks.prototype, "receive"));
Req()(Webhooks.prototype, "receive", 0);
Res()(Webhooks.prototype, "receive", 1);

class App {}
Module({ controllers: [Webhooks] })(App);

/** What an app with these options answers to each body. */
async function deliver(options, bodies) {
  const app = await NestFactory.create(App, { logger: false, ...options });
  try {
    await app.listen(0, "127.0.0.1");
    const url = `${await app.getUrl()}/webhooks`;
    const answers = [];
    for (const each of bodies) {
      const answer = await fetch(url, { method: "POST", headers, body: each });
      answers.push([answer.status, await answer.text()]);
    }
    return answers;
  } finally {
    await app.close();
  }
}

test("a signed delivery is handled, a tampered one refused", async () => {
  types.length = 0;
  const answers = await deliver({ rawBody: true }, [body, body.replace("ping", "pong")]);
  assert.deepEqual(answers, [
    [204, ""],
    [401, "signature_mismatch"],
  ]);
  assert.deepEqual(types, ["Ping"]);
});

test("without `rawBody: true` the bytes are gone, which the error says", async () => {
  types.length = codes.length = 0;
  assert.deepEqual(await deliver({}, [body]), [[500, "body_parsed"]]);
  assert.deepEqual([types, codes], [[], ["body_parsed"]]);
});
