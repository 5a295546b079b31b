// Every subpath, by the resolution that knows no exports; and a secret as the environment has it.
import { createReceiver, type Receiver } from "mambo-webhooks";
import { expressHandler } from "mambo-webhooks/express";
import { fastifyWebhooks } from "mambo-webhooks/fastify";
import { fetchHandler } from "mambo-webhooks/fetch";
import { honoHandler } from "mambo-webhooks/hono";
import { lambdaHandler } from "mambo-webhooks/lambda";
import { nodeHandler } from "mambo-webhooks/node";
import { initSync } from "mambo-webhooks/slim";
import { sampleDelivery } from "mambo-webhooks/testing";
import { detect } from "mambo-webhooks/tools";

const receiver: Receiver = createReceiver({ secret: process.env["MAMBO_SECRET"] });
const type: string | null = receiver.receive(sampleDelivery("Ping", { secret: "a secret of sixteen bytes" })).type;
export const all = [type, expressHandler, fastifyWebhooks, fetchHandler, honoHandler, lambdaHandler, nodeHandler, initSync, detect];
