// What Mambo names as uses of webhooks, each with the real thing at the other end.
import assert from "node:assert/strict";
import { createECDH, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, test } from "node:test";
import { cluster } from "./cluster.mjs";
import { examples, folder, node, repository, senderTo } from "./world.mjs";

const require = createRequire(join(examples, "package.json"));
const { SMTPServer } = require("smtp-server");
const ece = require("http_ece");
const pg = require("pg");
const selfsigned = require("selfsigned");
const webpush = require("web-push");
const { chromium } = createRequire(join(repository, "js/package.json"))("playwright-core");

const awarded = (type, name) => ({
  id: "a-1",
  uuid: "user-1",
  awarded: [
    { awardedType: "reward", type, name, message: `${name}!` },
    { type: "level", name: "Two" },
  ],
});

test("an achievement is congratulated by e-mail, once however often it comes, and not lost to a mail server that is away", async () => {
  const mails = [];
  let isAway = false;
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo: (_address, _session, done) => done(isAway ? new Error("try later") : undefined),
    onData: (stream, { envelope }, done) =>
      void buffer(stream).then((mail) => (mails.push([envelope.rcptTo[0].address, mail.toString()]), done())),
  });
  await new Promise((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  after(() => new Promise((resolve) => smtp.close(resolve)));
  const { port } = await node("email/receiver.mjs", { SMTP_URL: `smtp://127.0.0.1:${smtp.server.address().port}` });
  const sender = await senderTo(`http://127.0.0.1:${port}/`);
  assert.equal(sender.ping, 204);
  isAway = true;
  assert.equal(await sender.deliver("ActivityAwardedAdded", awarded("achievement", "Early Bird")), 500);
  isAway = false;
  assert.equal(await sender.retry(), 204);
  assert.equal(await sender.again(), 200);
  assert.equal(mails.length, 1);
  const [[to, text]] = mails;
  assert.equal(to, "user-1@example.com");
  assert.match(text, /^Subject: You have earned Early Bird\r$/m);
  assert.match(text, /\r\n\r\nEarly Bird!\r\n$/);
});

test("a leaderboard moves in a browser", async () => {
  const { port } = await node("leaderboard/receiver.mjs");
  const sender = await senderTo(`http://127.0.0.1:${port}/`);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-quic"] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    const rows = () => page.locator("li").allInnerTexts();
    await page.getByText("There are no points yet.").waitFor();
    assert.equal(await sender.deliver("ActivityCreated", { uuid: "<b>ann</b>", points: 5 }), 204);
    assert.equal(await sender.deliver("ActivityCreated", { uuid: "bob", points: 7 }), 204);
    await page.getByText("bob").waitFor();
    assert.deepEqual(
      (await rows()).map((row) => row.split("\n").join(" ")),
      ["bob 7", "<b>ann</b> 5"],
    );
    assert.equal(await sender.again(), 200);
    assert.equal(await sender.deliver("ActivityCreated", { uuid: "<b>ann</b>", points: 4 }), 204);
    await page.getByText("9").waitFor();
    assert.deepEqual(
      (await rows()).map((row) => row.split("\n").join(" ")),
      ["<b>ann</b> 9", "bob 7"],
    );
  } finally {
    await browser.close();
  }
});

test("a mission is pushed to the browser of its user, encrypted, and a withdrawn subscription is let go", async () => {
  const { cert, private: key } = await selfsigned.generate([{ name: "commonName", value: "127.0.0.1" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  const certificate = join(folder, "push.pem");
  writeFileSync(certificate, cert);
  const pushed = [];
  let status = 201;
  const service = createServer({ key, cert }, async (request, response) => {
    pushed.push({
      body: await buffer(request),
      encoding: request.headers["content-encoding"],
      authorization: request.headers.authorization,
    });
    response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(service, "listening");
  after(() => service.close());
  const browser = createECDH("prime256v1");
  browser.generateKeys();
  const auth = randomBytes(16);
  const keys = { p256dh: browser.getPublicKey("base64url"), auth: auth.toString("base64url") };
  const subscriptions = join(folder, "subscriptions.json");
  writeFileSync(subscriptions, JSON.stringify({ "user-1": { endpoint: `https://127.0.0.1:${service.address().port}/push/1`, keys } }));
  const vapid = webpush.generateVAPIDKeys();
  const { port } = await node("push/receiver.mjs", {
    VAPID_PUBLIC: vapid.publicKey,
    VAPID_PRIVATE: vapid.privateKey,
    SUBSCRIPTIONS: subscriptions,
    NODE_EXTRA_CA_CERTS: certificate,
  });
  const sender = await senderTo(`http://127.0.0.1:${port}/`);
  assert.equal(await sender.deliver("ActivityAwardedAdded", awarded("mission", "Tour")), 204);
  assert.equal(pushed.length, 1);
  assert.equal(pushed[0].encoding, "aes128gcm");
  assert.match(pushed[0].authorization, /^vapid t=/);
  const opened = ece.decrypt(pushed[0].body, { version: "aes128gcm", privateKey: browser, authSecret: auth });
  assert.deepEqual(JSON.parse(opened.toString()), { title: "Mission completed", body: "Tour" });
  assert.equal(await sender.deliver("ActivityAwardedAdded", { ...awarded("mission", "Tour"), uuid: "unknown-user" }), 204);
  assert.equal(pushed.length, 1);
  status = 410;
  assert.equal(await sender.deliver("ActivityAwardedAdded", awarded("mission", "Last")), 204);
  assert.equal(await sender.deliver("ActivityAwardedAdded", awarded("mission", "Later")), 204);
  assert.equal(pushed.length, 2);
});

test("what users did is in PostgreSQL, each event once, and waits while the database is away", async () => {
  const database = await cluster();
  after(() => database.stop());
  const { port } = await node("sync/receiver.mjs", { DATABASE_URL: database.url });
  const sender = await senderTo(`http://127.0.0.1:${port}/`);
  assert.equal(await sender.deliver("ActivityCreated", { uuid: "user-1", attrs: { verb: "read" } }), 204);
  assert.equal(await sender.again(), 204);
  database.control("stop");
  assert.equal(await sender.deliver("NewKind", { odd: "\u0000" }), 500);
  database.control("start");
  assert.equal(await sender.retry(), 204);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query("SELECT uuid, type, body::text FROM activities ORDER BY seen");
  await client.end();
  const stored = rows.map(({ body, ...row }) => ({ ...row, data: JSON.parse(body).data }));
  assert.deepEqual(stored, [
    { uuid: "user-1", type: "ActivityCreated", data: { uuid: "user-1", attrs: { verb: "read" } } },
    { uuid: null, type: "NewKind", data: { odd: "\u0000" } },
  ]);
});

test("engagement is counted for Prometheus", async () => {
  const { port } = await node("metrics/receiver.mjs", { BEHAVIOURS: "read,share" });
  const url = `http://127.0.0.1:${port}/`;
  const sender = await senderTo(url);
  assert.equal(await sender.deliver("ActivityCreated", { attrs: { verb: "read" } }), 204);
  assert.equal(await sender.again(), 200);
  assert.equal(await sender.deliver("ActivityCreated", { attrs: { verb: "anything" } }), 204);
  assert.equal(await sender.deliver("Made up 1", {}), 204);
  assert.equal(await sender.deliver("Made up 2", {}), 204);
  assert.equal((await fetch(url, { method: "POST", body: "{}" })).status, 401);
  const text = await (await fetch(`${url}metrics`)).text();
  assert.deepEqual(
    text.split("\n").filter((line) => line.startsWith("mambo_")),
    [
      'mambo_events_total{type="Ping"} 1',
      'mambo_events_total{type="ActivityCreated"} 2',
      'mambo_events_total{type="unknown"} 2',
      'mambo_activities_total{verb="read"} 1',
      'mambo_activities_total{verb="other"} 1',
      'mambo_refused_total{code="delivery_replayed"} 1',
      'mambo_refused_total{code="header_missing"} 1',
    ],
  );
});
