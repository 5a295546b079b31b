// Adapters fit the types of what they are for.
import { createServer } from "node:http";
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2, APIGatewayProxyResult, ALBEvent, ALBResult } from "aws-lambda";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { createReceiver } from "mambo-webhooks";
import { expressHandler } from "mambo-webhooks/express";
import { fastifyHandler, fastifyWebhooks } from "mambo-webhooks/fastify";
import { fetchHandler } from "mambo-webhooks/fetch";
import { honoHandler } from "mambo-webhooks/hono";
import { lambdaHandler } from "mambo-webhooks/lambda";
import { nodeHandler } from "mambo-webhooks/node";
import { fixedClock, sampleDelivery, sign, tampered } from "mambo-webhooks/testing";
import { createReceiver as slimReceiver, init, initSync } from "mambo-webhooks/slim";
import core from "mambo-webhooks/core.wasm";

const receiver = createReceiver({ secret: "s", clock: fixedClock(0) }).onAny(() => {});
const options = { onError: (thrown: unknown) => console.error(thrown), maxBodyBytes: 1000 };

createServer(nodeHandler(receiver, options));
express().post("/", expressHandler(receiver, options));
Fastify().register(fastifyWebhooks, { receiver, url: "/webhooks", prefix: "/mambo", ...options });
Fastify().post("/", fastifyHandler(receiver, options));
new Hono().post("/", honoHandler(receiver, options));
export default { fetch: fetchHandler(receiver, options) };
export const POST: (request: Request) => Promise<Response> = fetchHandler(receiver);

const lambda = lambdaHandler(receiver, options);
export const rest = (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => lambda(event);
export const http = (event: APIGatewayProxyEventV2) => lambda(event);
export const balancer = (event: ALBEvent): Promise<ALBResult> => lambda(event);

// @ts-expect-error a receiver, not its options
nodeHandler({ secret: "s" });
// @ts-expect-error a number of bytes
fetchHandler(receiver, { maxBodyBytes: "1mb" });
// @ts-expect-error the plugin needs a receiver
Fastify().register(fastifyWebhooks, { url: "/" });
// @ts-expect-error it is signed, so it needs a secret
sampleDelivery("Ping", {});
sampleDelivery("TeamCreated", { secret: "s", data: { name: "Reds" } });

sign({ secret: "s", body: "" }).length;
tampered({ secret: "s" }).map(({ code }) => code.length);
initSync(core);
await init(fetch("core.wasm"));
slimReceiver({ secret: "s" });
