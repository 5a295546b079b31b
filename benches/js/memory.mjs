// Whether memory grows over a million calls, and whether one large body slows the small ones behind it. Prints JSON.
import { body, delivery, secret } from "./deliveries.mjs";
import { median, rounds } from "./rounds.mjs";

const { createReceiver } = await import(process.env.MAMBO_ENTRY);
const seconds = Math.floor(Date.now() / 1000);
const tolerance = { pastSeconds: 3600 };
const receiver = createReceiver({ secret, mac: "core", tolerance });
const small = delivery(body(2_000), seconds);
const large = delivery(body(1_000_000), seconds);
const receive = ({ headers, bytes }) => receiver.receive({ headers, body: bytes });
const heap = () => {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, external, rss };
};

const calls = Number(process.argv[2] ?? 1_000_000);
for (let call = 0; call < 10_000; call += 1) receive(small);
const before = heap();
for (let call = 0; call < calls; call += 1) receive(small);
const after = heap();
const time = async () => median((await rounds({ small: () => receive(small) })).small);
// Again and again in turns: what the machine does meanwhile outweighs what is looked for.
const [alone, behind] = [[], []];
for (let pair = 0; pair < 7; pair += 1) {
  alone.push(await time());
  receive(large);
  behind.push(await time());
}
const slower = median(behind.map((ns, pair) => ns / alone[pair]));
console.log(JSON.stringify({ calls, before, after, slower }));
