// AWS Lambda behind API Gateway, a function URL or a load balancer; the handler is `servers/lambda.handler`.
import { createReceiver } from "mambo-webhooks";
import { lambdaHandler } from "mambo-webhooks/lambda";

const receiver = createReceiver({ secret: process.env.MAMBO_SECRET ?? "" }).onAny(({ type, data }) => {
  console.log(JSON.stringify({ type, data }));
});

export const handler = lambdaHandler(receiver, { onError: console.error });
