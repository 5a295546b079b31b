// Hono on workerd: the adapter takes a delivery, and the suite runs beside it.
import { Hono } from "hono";
import * as library from "mambo-webhooks";
import * as tools from "mambo-webhooks/tools";
import { honoHandler } from "mambo-webhooks/hono";
import { sampleDelivery, tampered } from "mambo-webhooks/testing";
import { suite } from "./suite.mjs";
import vectors from "./vectors.mjs";

const secret = "correct horse battery staple";
const types = [];
const app = new Hono()
  .post("/webhooks", honoHandler(library.createReceiver({ secret }).onAny(({ type }) => types.push(type))))
  .get("/", async (context) => {
    const found = suite(library, vectors, tools);
    const post = async ({ headers, body }) => {
      const answer = await app.request("/webhooks", { method: "POST", headers, body });
      return [answer.status, await answer.text()];
    };
    const outcomes = [await post(sampleDelivery("Ping", { secret }))];
    for (const row of tampered({ secret })) outcomes.push((await post(row)).concat(row.code));
    const [[status], ...refused] = outcomes;
    const wrong = refused.filter(([status, said, code]) => status < 400 || (said !== code && code !== "header_repeated"));
    if (status !== 204 || types.join() !== "Ping" || wrong.length > 0)
      found.failed.push(`Hono: ${status} ${types} ${JSON.stringify(wrong)}`);
    return context.json(found);
  });

export default app;
