// From what the runs printed to docs/PERFORMANCE.md and its plots.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { median, ratio, spread } from "./rounds.mjs";

const [folder, docs] = process.argv.slice(2);
const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const kilo = (bytes) => (bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${bytes / 1000} kB` : `${bytes / 1e6} MB`);
const micros = (nanos) => (nanos < 1e6 ? `${(nanos / 1000).toFixed(nanos < 1e5 ? 2 : 0)} µs` : `${(nanos / 1e6).toFixed(2)} ms`);

/** Ours by each contestant's: below 1 we are faster. */
function ratios(results) {
  const names = Object.keys(results[0].times).filter((name) => name !== "ours");
  const rows = results.map(
    ({ bytes, times }) => `| ${kilo(bytes)} | ${names.map((name) => ratio(times, "ours", name).toFixed(2)).join(" | ")} |`,
  );
  return [`| body | ${names.join(" | ")} |`, `|---|${"---|".repeat(names.length)}`, ...rows].join("\n");
}

function absolute(results) {
  const names = Object.keys(results[0].times);
  const cell = (times) => `${micros(median(times))} (${spread(times).map(micros).join("–")})`;
  const rows = results.map(({ bytes, times }) => `| ${kilo(bytes)} | ${names.map((name) => cell(times[name])).join(" | ")} |`);
  return [`| body | ${names.join(" | ")} |`, `|---|${"---|".repeat(names.length)}`, ...rows].join("\n");
}

/** Ratios over body sizes, both axes logarithmic. */
function plot(results, title) {
  const names = Object.keys(results[0].times).filter((name) => name !== "ours");
  const [width, height, left, top, right, bottom] = [720, 400, 60, 40, 210, 40];
  const all = results.flatMap(({ times }) => names.map((name) => ratio(times, "ours", name)));
  const [low, high] = [Math.min(0.05, ...all), Math.max(2, ...all)].map(Math.log);
  const x = (index) => left + (index / (results.length - 1)) * (width - left - right);
  const y = (value) => top + ((high - Math.log(value)) / (high - low)) * (height - top - bottom);
  const colours = ["#0b6e4f", "#8f2d56", "#1f4e9e", "#b35900", "#5b3f8c", "#4a4a4a", "#007a8a"];
  const text = (at, up, words, more = "") => `<text x="${at.toFixed(1)}" y="${up.toFixed(1)}" ${more}>${words}</text>`;
  const grid = [0.1, 0.2, 0.5, 1, 2]
    .filter((value) => Math.log(value) >= low && Math.log(value) <= high)
    .map(
      (value) =>
        `<line x1="${left}" x2="${width - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="${value === 1 ? "#333" : "#ccc"}"/>${text(left - 8, y(value) + 4, value, 'text-anchor="end"')}`,
    );
  const ends = names.map((name) => ({ name, at: y(ratio(results.at(-1).times, "ours", name)) })).sort((one, other) => one.at - other.at);
  ends.forEach((end, index) => (end.label = Math.max(end.at, index === 0 ? 0 : ends[index - 1].label + 15)));
  const lines = ends.map(({ name, label }, index) => {
    const points = results.map(({ times }, at) => `${x(at).toFixed(1)},${y(ratio(times, "ours", name)).toFixed(1)}`).join(" ");
    return `<polyline points="${points}" fill="none" stroke="${colours[index % colours.length]}" stroke-width="2"/>${text(width - right + 8, label + 4, name, `fill="${colours[index % colours.length]}"`)}`;
  });
  const sizes = results.map(({ bytes }, index) => text(x(index), height - bottom + 20, kilo(bytes), 'text-anchor="middle"'));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img"><title>${title}</title><rect width="${width}" height="${height}" fill="#fff"/>${text(left, 22, `${title}: our time by theirs, below 1 we are faster`, 'font-size="14"')}${grid.join("")}${lines.join("")}${sizes.join("")}</svg>\n`;
}

const node = read("node.json");
const [verify, upgrade] = ["verify", "upgrade"].map((task) => node.filter((result) => result.task === task));
const [bun, deno, workerd] = ["bun.json", "deno.json", "workerd.json"]
  .map(read)
  .map((results) => results.filter(({ task }) => task === "verify"));
const rust = read("rust.json");
const cold = read("cold.json");
const memory = read("memory.json");
const budget = JSON.parse(readFileSync(join(docs, "../benches/budget.json"), "utf8"));
const versions = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")).dependencies;
writeFileSync(join(docs, "performance-verify.svg"), plot(verify, "Verifying in Node"));
writeFileSync(join(docs, "performance-rust.svg"), plot(rust, "Verifying in Rust"));

const shown = (times) => `${micros(median(times))} (${spread(times).map(micros).join("–")})`;
const coldRows = Object.entries(cold).map(
  ([name, { times, imports, size }]) => `| ${name} | ${shown(imports)} | ${shown(times)} | ${size.raw} | ${size.gzip} | ${size.brotli} |`,
);
/** The figures that most readers came for, in sentences. */
function answer() {
  const of = (results, bytes) => results.find((result) => result.bytes === bytes);
  const by = ({ times }, name) => ratio(times, "ours", name).toFixed(2);
  const [small, large, renamed, native] = [of(verify, 2000), of(verify, 1e6), of(upgrade, 2000), of(rust, 2000)];
  const whole = (nanos) => `${(nanos / 1e6).toFixed(1)} ms`;
  return `- **A delivery of 2 kB is verified in ${micros(median(small.times.ours))}** in Node: ${by(small, "stripe")} of stripe's time, ${by(small, "standardwebhooks")} of
  standardwebhooks', ${by(small, "@octokit/webhooks-methods")} of @octokit/webhooks-methods', which checks no timestamp. One of 1 MB: ${micros(median(large.times.ours))}, ${by(large, "stripe")} of stripe's.
- **Verified, parsed and with one member renamed** it takes ${micros(median(renamed.times.ours))}, ${by(renamed, "stripe")} of stripe's time with a rename by hand.
- **In Rust** it takes ${micros(median(native.times.ours))}, ${by(native, "hmac alone")} of the time of hashing alone.
- **A server's first event comes ${whole(median(cold["ours, and its event"].times))} after the import begins**; standardwebhooks verifies its first delivery after ${whole(median(cold.standardwebhooks.times))}, stripe after ${whole(median(cold.stripe.times))}.
- **The default entry is ${Math.round(cold.ours.size.gzip / 1000)} kB behind gzip**, stripe ${Math.round(cold.stripe.size.gzip / 1000)}: it carries the core. A million deliveries leave the heap as large as it was.`;
}

const mega = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
writeFileSync(
  join(docs, "PERFORMANCE.md"),
  `# Performance

${answer()}

## How it was measured

Written by \`cargo xtask bench\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpus()[0].model}, Node ${process.versions.node},
${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(", ")}.
Every table comes from one run, in which the contestants take turns within each round. A ratio is
made within a round; the tables give its median over the rounds. The machine is shared: ratios hold, absolute figures
less so.

## Verifying in Node

Ours by theirs; **below 1 we are faster**. Peers get the body in the form that they ask for. \`@octokit/webhooks-methods\`
checks no timestamp; \`node:crypto by hand\` is ten lines without key rotation, tolerance or errors.

${ratios(verify)}

![Ratios over body sizes](performance-verify.svg)

${absolute(verify)}

## Verifying, parsing and one renamed member in Node

Stripe's \`constructEvent\` and \`node:crypto\` by hand, each with a rename written for this very payload, against a change
from a registry.

${ratios(upgrade)}

${absolute(upgrade)}

## Verifying in other runtimes

Bun:

${ratios(bun)}

Deno:

${ratios(deno)}

workerd, timed from outside of it, since its clock stands still while code runs; what a request costs by itself is taken off:

${ratios(workerd)}

## Verifying in Rust

\`hmac\`, \`ring\` and \`sha2\` alone only hash; no header is read and no time looked at.

${ratios(rust)}

![Ratios over body sizes](performance-rust.svg)

${absolute(rust)}

## Import, size and memory

In a fresh process, an ES module of a file: the import alone, and from its start to the first verified delivery, or in the
second row to its event; and bytes of the package bundled with esbuild, minified:

| package | import | first delivery | raw | gzip | brotli |
|---|---|---|---|---|---|
${coldRows.join("\n")}

${memory.calls} deliveries of 2 kB one after the other:
${mega(memory.before.heapUsed)} of heap before, ${mega(memory.after.heapUsed)} after; ${mega(memory.before.external)} outside of it before, ${mega(memory.after.external)} after.
A delivery of 2 kB takes ${memory.slower.toFixed(2)} times as long behind one of 1 MB as before it.

## Shims

A rename in a body of so many bytes, in Rust, beside parsing, editing and printing it as a \`serde_json::Value\`; in
JavaScript it is part of the tables above.

\`\`\`text
${readFileSync(join(folder, "shim.txt"), "utf8").trim()}
\`\`\`

## Budget

\`cargo xtask test\` refuses a change that makes the package more than 5 % larger, or a delivery cost more than
5 % more instructions, than [benches/budget.json](../benches/budget.json) says: ${budget.gzipBytes} bytes of gzip for the
default entry, ${budget.instructions.verify200} instructions to verify 200 bytes in Rust.
`,
);
