// Pasted payloads as JSON texts. They stay text: values of JavaScript would lose digits of large numbers.

/** The payloads of a text: one JSON list of payloads, one JSON value, or one JSON value on each line. */
export function payloadsOf(text) {
  const whole = text.trim();
  if (isJson(whole)) return whole.startsWith("[") ? elementsOf(whole) : [whole];
  const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const filled = lines.filter(({ line }) => line !== "");
  const wrong = filled.find(({ line }) => !isJson(line));
  if (wrong) throw new SyntaxError(`line ${wrong.number} is not JSON`);
  return filled.map(({ line }) => line);
}

/** The body of a delivery with this data, in the assumed envelope. The number is its id, by which bodies are paired. */
export const bodyOf = (type, data, number) => `{"event":${JSON.stringify(type)},"id":"${number}","data":${data}}`;

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The elements of a JSON list as they are written. */
function elementsOf(list) {
  const elements = [];
  let [depth, start] = [0, 1];
  // Strings are matched whole, so that a bracket or a comma inside of one is passed over.
  for (const { 0: token, index } of list.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/g)) {
    const closes = token === "]" || token === "}";
    if (token === "[" || token === "{") depth += 1;
    if ((token === "," && depth === 1) || (closes && depth === 1)) {
      elements.push(list.slice(start, index).trim());
      start = index + 1;
    }
    if (closes) depth -= 1;
  }
  return elements.filter((element) => element !== "");
}
