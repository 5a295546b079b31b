// What is made for another host, on this machine: MAMBO_SECRET=… node servers/local.mjs worker|next|lambda [port]
// Only to try them out: each host does this better.
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

const [name, port = 8080] = process.argv.slice(2);
const request = ({ headers, url }, body) =>
  new Request(`http://localhost${url}`, { method: "POST", headers: Object.entries(headers), body });
const answered = async (answer) => ({ status: answer.status, text: await answer.text() });

const hosts = {
  /** Cloudflare hands the secrets over as `env`. */
  async worker() {
    const { default: app } = await import("./worker.mjs");
    return async (incoming, body) => answered(await app.fetch(request(incoming, body), { MAMBO_SECRET: process.env.MAMBO_SECRET }));
  },
  async next() {
    const { POST } = await import("./next/app/webhooks/route.js");
    return async (incoming, body) => answered(await POST(request(incoming, body)));
  },
  /** API Gateway hands a body over as base64. */
  async lambda() {
    const { handler } = await import("./lambda.mjs");
    return async ({ headers }, body) => {
      const { statusCode, body: text } = await handler({ headers, body: body.toString("base64"), isBase64Encoded: true });
      return { status: statusCode, text };
    };
  },
};

const handle = await hosts[name]();
const server = createServer(async (incoming, outgoing) => {
  const { status, text } = await handle(incoming, await buffer(incoming));
  outgoing.writeHead(status).end(text);
});
server.listen(Number(port), "127.0.0.1", () => console.error(`listening on ${server.address().port}`));
