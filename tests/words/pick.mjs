// Picks fifty names and fifty sentences for readers who know nothing of the project, always the same ones for a seed:
// `node tests/words/pick.mjs [seed]`. Names are of public items, options, codes and commands; sentences are of doc comments,
// comments, docs and messages.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const seed = Number(process.argv[2] ?? 2026);
const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n");
const read = (name) => readFileSync(join(root, name), "utf8");
const all = (pattern) => files.filter((name) => pattern.test(name)).map((name) => [name, read(name)]);

/** Numbers below `below`, always the same ones for a seed (a linear congruence, as in Numerical Recipes). */
let state = seed;
const random = (below) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

function pick(from, count) {
  const left = [...new Set(from)].sort();
  return Array.from({ length: count }, () => left.splice(random(left.length), 1)[0]);
}

const names = [];
/** Names within their type, as a reader meets them: `Receiver::open`, `ReceiverOptions.secret`. */
for (const [name, text] of all(/^src\/(?!json|bin).*\.rs$/)) {
  let owner = "";
  for (const line of text.split("\n")) {
    const [, type] = /^(?:impl|pub trait)(?:<[^>]*>)? (?:[\w:<>', ]+ for )?(\w+)/.exec(line) ?? [];
    if (type) owner = type;
    if (line === "}") owner = "";
    const [, indent, kind, item] = /^(\s*)pub (?:const |async )?(fn|struct|enum|trait|const|type) (\w+)/.exec(line) ?? [];
    if (item) names.push(`${kind} ${indent === "" ? item : `${owner}::${item}`} (${name})`);
  }
}
for (const [name, text] of all(/^js\/src\/(?!core_bg).*\.ts$/)) {
  let owner = "";
  for (const line of text.split("\n")) {
    const [, kind, type] = /^export (?:declare )?(?:async )?(function|const|interface|type|class) (\w+)/.exec(line) ?? [];
    if (type) names.push(`${kind} ${(owner = type)} (${name})`);
    const [, member] = /^ {2}readonly (\w+)\??:/.exec(line) ?? [];
    if (member) names.push(`${owner}.${member} (${name})`);
  }
}

const sentences = [];
const split = (text) => text.replaceAll(/\s+/g, " ").split(/(?<=[.:!?]) (?=[A-Z`])/);
for (const [name, text] of all(/^(?:src|wasm\/src|js\/src)\/.*\.(?:rs|ts)$/)) {
  const blocks = text.matchAll(/(?:^\s*(?:\/\/[/!]?|\*) ?[^\n]*\n)+/gm);
  for (const [block] of blocks) {
    for (const sentence of split(block.replaceAll(/^\s*(?:\/\/[/!]?|\/?\*+\/?) ?/gm, " "))) sentences.push(`${sentence.trim()} (${name})`);
  }
}
for (const [name, text] of all(/^(?:docs\/(?!PAYLOADS|MUTANTS)|README|CONTRIBUTING).*\.md$/)) {
  for (const sentence of split(text.replaceAll(/```[\s\S]*?```/g, " ").replaceAll(/^[|#].*$/gm, " ")))
    sentences.push(`${sentence.trim()} (${name})`);
}
for (const [, message] of read("docs/CODES.md").matchAll(/^\| `.*` \|.*\| (.*) \|.*\|$/gm)) sentences.push(`${message} (docs/CODES.md)`);

const long = sentences.filter((sentence) => sentence.length > 45 && !/^[^ ]* \(/.test(sentence) && !/[{};]$/.test(sentence.split(" (")[0]));
for (const [title, list] of [
  ["Names", pick(names, 50)],
  ["Sentences", pick(long, 50)],
]) {
  console.log(`${title}\n${list.map((item, index) => `${index + 1}. ${item}`).join("\n")}\n`);
}
