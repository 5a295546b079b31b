// Every entry that a server imports, compiled with Node's types alone.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createReceiver } from "mambo-webhooks";
import { fetchHandler } from "mambo-webhooks/fetch";
import { lambdaHandler } from "mambo-webhooks/lambda";
import { nodeHandler } from "mambo-webhooks/node";
import { init, initSync } from "mambo-webhooks/slim";
import { sign } from "mambo-webhooks/testing";

initSync(readFileSync("core.wasm"));
await init(fetch("https://example.com/core.wasm"));
const receiver = createReceiver({ secret: "s", replay: { store: { reserve: () => "yours", commit() {}, release() {} }, scope: "a" } });
createServer(nodeHandler(receiver));
fetchHandler((_request: Request, env: { SECRET: string }) => createReceiver({ secret: env.SECRET }).onAny(() => {}));
lambdaHandler(async () => createReceiver({ secret: "s" }).onAny(() => {}));
export const handlers = [fetchHandler(receiver), lambdaHandler(receiver)];
export const value: string = sign({ secret: "s", body: "{}" });
