// The same declarations, for a CommonJS file.
import mambo = require("mambo-webhooks");
import node = require("mambo-webhooks/node");
import testing = require("mambo-webhooks/testing");
import slim = require("mambo-webhooks/slim");

const receiver: mambo.Receiver = mambo.createReceiver({ secret: "s" }).on("Ping", ({ data }) => data.message);
node.nodeHandler(receiver);
// @ts-expect-error a wrong event type
receiver.on("Pong", () => {});
testing.sign({ secret: "s", body: "" });
slim.initSync(new Uint8Array());
