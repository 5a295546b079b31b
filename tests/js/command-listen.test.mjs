// `listen` and `send` of both programs, each with the other.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { PROGRAMS, killAll, run, startInTerminal, startListener, workspace } from "./command-programs.mjs";

const { folder, file } = workspace("listen");
after(() => {
  killAll();
  rmSync(folder, { recursive: true });
});
const MAX_BODY_BYTES = 1024 * 1024;
/** A request whose body does not come. */
const HALF = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf";

const sign = async (body) => (await run("Rust", ["sign", "--body", "-"], { folder, input: body })).stdout.trim();

/** Posts raw headers; returns the status, and the text. */
function post(url, headers, body, method = "POST") {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (answer) => text(answer).then((said) => resolve([answer.statusCode, said]), reject));
    outgoing.on("error", reject).end(body);
  });
}

/** A connection, on which bytes are written. */
async function connected(address, bytes) {
  const [, host, port] = /^(.+):(\d+)$/.exec(address);
  const socket = connect(Number(port), host);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(bytes);
  return socket;
}

/** Bytes of a request with `Connection: close`; returns all that is answered. */
const raw = async (address, bytes) => text(await connected(address, bytes));

const savedIn = (name) => readdirSync(join(folder, name)).sort();
const savedFile = (...path) => readFileSync(join(folder, ...path));

for (const listening of Object.keys(PROGRAMS)) {
  for (const sending of Object.keys(PROGRAMS)) {
    test(`what ${sending} sends, the listener of ${listening} prints and saves`, async () => {
      const saved = `${sending}-to-${listening}`;
      const listener = await startListener(listening, ["--save", saved], { folder });
      const send = (...more) => run(sending, ["send", "--url", listener.url, ...more], { folder, input: '{"from":"stdin"}' });
      const first = await send("--type", "ActivityCreated", "--id", "e-1", "--server", "9.0.0", "--data", '{ "uuid": "\u00fc" }');
      assert.match(first.stdout, /^204 in \d+ ms\n$/);
      assert.deepEqual([first.code, first.stderr], [0, ""]);
      const second = await send("--type", "Ping", "--json");
      assert.deepEqual([second.code, Object.keys(JSON.parse(second.stdout))], [0, ["ms", "status"]]);
      const env = { MAMBO_SECRET: "another secret of some length" };
      const third = await run(sending, ["send", "--url", listener.url, "--type", "Ping", "--data", "{}"], { folder, env });
      assert.match(third.stdout, /^401 in \d+ ms\n$/);
      assert.equal(third.code, 1);
      const { code, lines, problems } = await listener.stop();
      assert.deepEqual([code, problems], [0, []]);
      assert.deepEqual(lines, [
        'ActivityCreated { "uuid": "\u00fc" }',
        'Ping {"from":"stdin"}',
        "signature_mismatch none of 1 signatures matches any of 1 keys",
        "Pass the body bytes as received, not parsed and printed again; compare the secret; then run diagnose.",
      ]);
      assert.deepEqual(savedIn(saved), ["0001-ActivityCreated", "0002-Ping", "0003-signature_mismatch"]);
      // No other user of the machine reads them.
      assert.equal(statSync(join(folder, saved, "0002-Ping")).mode & 0o777, 0o700);
      assert.equal(
        savedFile(saved, "0001-ActivityCreated/body").toString(),
        '{"event":"ActivityCreated","id":"e-1","version":"9.0.0","data":{ "uuid": "\u00fc" }}',
      );
      for (const name of ["0001-ActivityCreated", "0002-Ping"]) {
        const args = ["verify", "--headers", `${saved}/${name}/headers`, "--body", `${saved}/${name}/body`];
        const { stdout } = await run(sending, args, { folder });
        assert.equal(stdout, `accepted: ${name.slice(5)}\n`);
      }
    });
  }

  test(`the listener of ${listening} with --json, what it answers, and where it goes on counting`, async () => {
    const saved = `counted-${listening}`;
    for (const name of ["0007-Ping", "12abc-Ping", "notes", "99999999999999999999-Ping"])
      mkdirSync(join(folder, saved, name), { recursive: true });
    const listener = await startListener(listening, ["--save", saved, "--json"], { folder });
    const body = '{"event":"Ping","id":"e-1","data":{"n":1}}';
    const headers = { "X-Mambo-Signature": await sign(body) };
    assert.deepEqual(await post(listener.url, headers, body), [204, ""]);
    assert.deepEqual(await post(`${listener.url}any/path?x=1`, headers, body), [204, ""]);
    assert.deepEqual(await post(listener.url, headers, `${body} `), [401, "signature_mismatch"]);
    assert.deepEqual(await post(listener.url, {}, body), [401, "header_missing"]);
    for (const method of ["GET", "PUT", "DELETE", "HEAD"]) assert.deepEqual(await post(listener.url, {}, "", method), [405, ""]);
    assert.match(
      await raw(listener.address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
      /^HTTP\/1\.1 405 .*\r\nallow: POST\r\n/is,
    );
    const large = Buffer.alloc(MAX_BODY_BYTES + 1, "x");
    assert.deepEqual(await post(listener.url, {}, large), [413, "body_too_large"]);
    assert.deepEqual(await post(listener.url, { "Transfer-Encoding": "chunked" }, large), [413, "body_too_large"]);
    assert.equal((await post(listener.url, headers, large.subarray(1)))[1], "signature_mismatch");
    (await connected(listener.address, HALF)).end();
    assert.deepEqual(await post(listener.url, headers, body), [204, ""], "it goes on after a sender went away");
    const { code, lines, problems } = await listener.stop();
    assert.deepEqual([code, problems], [0, []]);
    const accepted = '{"data":"{\\"n\\":1}","id":"e-1","ok":true,"type":"Ping"}';
    const refused = '{"code":"signature_mismatch","message":"none of 1 signatures matches any of 1 keys","ok":false}';
    const missing = '{"code":"header_missing","message":"header x-mambo-signature is missing","ok":false}';
    assert.deepEqual(lines, [accepted, accepted, refused, missing, refused, accepted]);
    const names = ["Ping", "Ping", "signature_mismatch", "header_missing", "signature_mismatch", "Ping"];
    const numbered = names.map((name, index) => `${String(index + 8).padStart(4, "0")}-${name}`);
    assert.deepEqual(savedIn(saved), ["0007-Ping", ...numbered, "12abc-Ping", "99999999999999999999-Ping", "notes"]);
    assert.ok(savedFile(saved, "0012-signature_mismatch/body").equals(large.subarray(1)));
  });

  test(`without a secret the listener of ${listening} verifies nothing, and saves every byte`, async () => {
    const saved = `unverified-${listening}`;
    const listener = await startListener(listening, ["--save", `./${saved}/deep/`], { folder, env: { MAMBO_SECRET: "" } });
    const bytes = Buffer.from([0, 255, 10, 13, 128]);
    const head =
      "POST / HTTP/1.1\r\nX-Second: b\r\nx-FIRST:  caf\u00e9\r\nHost: a\r\nX-Second: c\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
    assert.match(await raw(listener.address, Buffer.concat([Buffer.from(head), bytes])), /^HTTP\/1\.1 204 /);
    const { code, lines } = await listener.stop();
    assert.deepEqual([code, lines], [0, ["unverified 5 bytes"]]);
    assert.ok(savedFile(saved, "deep/0001-unverified/body").equals(bytes));
    const headers = savedFile(saved, "deep/0001-unverified/headers").toString();
    if (listening === "Node") {
      assert.equal(headers, "X-Second: b\nx-FIRST: caf\u00e9\nHost: a\nX-Second: c\nContent-Length: 5\nConnection: close\n");
    } else {
      const expected = ["x-second: b", "x-second: c", "x-first: caf\u00e9", "host: a", "content-length: 5", "connection: close", ""];
      assert.deepEqual(headers.split("\n").sort(), expected.sort(), "hyper keeps neither case nor order");
    }
  });

  test(`two listeners of ${listening} share a folder, and a delivery that cannot be saved is answered 500`, async () => {
    const saved = `shared-${listening}`;
    const [one, other] = [
      await startListener(listening, ["--save", saved], { folder }),
      await startListener(listening, ["--save", saved], { folder }),
    ];
    const name = `${"Long".repeat(100)}`;
    const body = JSON.stringify({ event: name, data: {} });
    const headers = { "X-Mambo-Signature": await sign(body) };
    for (const { url } of [one, other, one]) assert.deepEqual(await post(url, headers, body), [204, ""]);
    const expected = ["0001", "0002", "0003"].map((number) => `${number}-${name.slice(0, 100)}`);
    assert.deepEqual(savedIn(saved), expected);
    rmSync(join(folder, saved), { recursive: true });
    writeFileSync(join(folder, saved), "");
    assert.deepEqual(await post(one.url, headers, body), [500, ""]);
    const { code, lines, problems } = await one.stop();
    assert.deepEqual([code, lines.length], [0, 2]);
    assert.deepEqual(problems, [`mambo-webhooks: ${saved}/0004-${name.slice(0, 100)}: Not a directory (os error 20)`]);
    await other.stop();
  });

  test(`the listener of ${listening} ends although a sender is silent`, async () => {
    const listener = await startListener(listening, [], { folder });
    const socket = await connected(listener.address, HALF);
    assert.deepEqual(await post(listener.url, {}, "{}"), [401, "header_missing"]);
    const { code } = await listener.stop();
    assert.equal(code, 0);
    socket.destroy();
  });

  test(`an address that is taken, and one that this machine does not have, to the listener of ${listening}`, async () => {
    const listener = await startListener(listening, [], { folder });
    const listen = (address) => run(listening, ["listen", address], { folder });
    const problem = (address, sentence) => ({ code: 1, stdout: "", stderr: `mambo-webhooks: ${address}: ${sentence}\n` });
    assert.deepEqual(await listen(listener.address), problem(listener.address, "Address already in use (os error 98)"));
    assert.deepEqual(await listen("192.0.2.1:0"), problem("192.0.2.1:0", "Cannot assign requested address (os error 99)"));
    await listener.stop();
  });

  test(`${listening} sends past proxies, with the password of a URL, and follows no redirect`, async () => {
    const seen = [];
    const server = createServer((incoming, outgoing) => {
      seen.push([incoming.url, incoming.headers.host, incoming.headers.authorization]);
      outgoing.writeHead(incoming.url === "/moved" ? 307 : 200, { location: "/elsewhere" }).end("x".repeat(100_000));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    const env = { http_proxy: "http://127.0.0.1:9/", HTTP_PROXY: "http://127.0.0.1:9/", ALL_PROXY: "http://127.0.0.1:9/" };
    const send = (url) => run(listening, ["send", "--type", "Ping", "--data", "{}", "--url", url], { folder, env });
    const good = await send(`http://user:p%40ss@localhost:${port}/a%20b?token=1`);
    assert.deepEqual([good.code, good.stderr], [0, ""]);
    assert.match((await send(`http://127.0.0.1:${port}/moved`)).stdout, /^307 in /);
    server.close();
    assert.deepEqual(seen, [
      ["/a%20b?token=1", `localhost:${port}`, `Basic ${Buffer.from("user:p@ss").toString("base64")}`],
      ["/moved", `127.0.0.1:${port}`, undefined],
    ]);
  });

  test(`settings of the environment to ${listening}: MAMBO_SERVER and MAMBO_PROFILE are for send alone`, async () => {
    file("named.json", '{"scheme":{"header":"x-other"}}');
    const listener = await startListener(listening, ["--save", `env-${listening}`, "--profile", "named.json"], { folder });
    const env = { MAMBO_SERVER: "8.10.2", MAMBO_PROFILE: "named.json", MAMBO_REGISTRY: "absent" };
    const { code } = await run(listening, ["send", "--type", "Ping", "--data", "{}", "--id", "e", "--url", listener.url], { folder, env });
    assert.equal(code, 0);
    await listener.stop();
    assert.equal(savedFile(`env-${listening}/0001-Ping/body`).toString(), '{"event":"Ping","id":"e","version":"8.10.2","data":{}}');
    file("body", "{}");
    const signed = await run(listening, ["sign", "--body", "body", "--now", "0"], { folder, env });
    assert.equal(signed.stdout, (await run(listening, ["sign", "--body", "body", "--now", "0"], { folder })).stdout);
    assert.equal((await run(listening, ["registry", "changelog"], { folder, env })).code, 0);
  });
}

test("colours are for a terminal that wants them", async () => {
  const body = '{"event":"Ping","data":{}}';
  const headers = { "X-Mambo-Signature": await sign(body) };
  for (const program of Object.keys(PROGRAMS)) {
    for (const [variable, isColoured] of [
      [undefined, true],
      ["", true],
      ["1", false],
    ]) {
      const listener = await startInTerminal(program, { folder, env: { NO_COLOR: variable } });
      await post(listener.url, headers, body);
      await post(listener.url, {}, body);
      const { code, said } = await listener.stop();
      const words = isColoured
        ? ["\u001b[32mPing\u001b[0m {}", "\u001b[31mheader_missing\u001b[0m "]
        : ["Ping {}", "header_missing header "];
      assert.deepEqual(
        [code, words.filter((word) => !said.includes(word)), said.includes("\u001b")],
        [0, [], isColoured],
        `${program}: ${said}`,
      );
    }
  }
});
