// Shows what /snapshot says, every two seconds. Text goes in as text: nothing that a receiver answered becomes markup.
const at = (id) => document.getElementById(id);
const make = (name, text, className) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const SVG = "http://www.w3.org/2000/svg";

/** A chart with its summary as its name; what it is drawn from is a list of numbers. */
function chart(into, name, width, highest, draw) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${Math.max(width, 1)} 100`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", name);
  draw(
    (tag, attributes) => {
      const part = document.createElementNS(SVG, tag);
      for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
      svg.append(part);
    },
    (value) => 100 - (value / Math.max(highest, 1)) * 100,
  );
  into.replaceChildren(svg, make("p", name));
}

function show({ nowMs, counts, endpoints, responseTimes, backlog, failures }) {
  at("said").textContent = `As of ${new Date(nowMs).toISOString()}`;
  at("counts").replaceChildren(
    ...["waiting", "leased", "delivered", "dead"].map((name) => {
      const pair = make("div");
      pair.append(make("dt", name), make("dd", counts[name].toLocaleString("en")));
      return pair;
    }),
  );
  at("endpoints").replaceChildren(
    ...endpoints.map(({ id, state, breaker, waiting, dead, attempts, delivered, p50Ms, p99Ms }) => {
      const row = make("tr");
      const head = make("th", id);
      head.scope = "row";
      const isGood = state === "enabled" && breaker === "closed";
      const text = breaker === "closed" ? state : `${state}, breaker ${breaker}`;
      row.append(
        head,
        make("td", text, isGood ? "good" : "bad"),
        make("td", waiting),
        make("td", dead),
        make("td", `${delivered} of ${attempts}`),
        make("td", `${p50Ms} ms`),
        make("td", `${p99Ms} ms`),
      );
      return row;
    }),
  );
  const times = responseTimes.map(([ms]) => ms);
  const slowest = Math.max(0, ...times);
  chart(at("times"), `${times.length} attempts, the slowest ${slowest} ms`, times.length, slowest, (draw, y) => {
    responseTimes.forEach(([ms, good], index) =>
      draw("rect", { class: good ? "good" : "bad", x: index + 0.1, width: 0.8, y: Math.min(y(ms), 98), height: Math.max(100 - y(ms), 2) }),
    );
  });
  const waiting = backlog.map(([, count]) => count);
  const most = Math.max(0, ...waiting);
  chart(at("backlog"), `${waiting.at(-1) ?? 0} waiting, at most ${most}`, waiting.length - 1, most, (draw, y) => {
    draw("polyline", { points: waiting.map((count, index) => `${index},${y(count)}`).join(" ") });
  });
  at("failures").replaceChildren(
    ...failures.map(({ startedMs, kind, endpoint, attempt, status, failure, delivery }) => {
      const item = make("li", `${kind} to ${endpoint}, attempt ${attempt}: ${[status, failure].filter(Boolean).join(" ")} `);
      item.append(make("small", `delivery ${delivery}, ${new Date(startedMs).toISOString()}`));
      return item;
    }),
  );
  if (failures.length === 0) at("failures").replaceChildren(make("li", "none"));
}

async function look() {
  try {
    const answer = await fetch("/snapshot");
    if (!answer.ok) throw new Error(await answer.text());
    show(await answer.json());
  } catch (problem) {
    at("said").textContent = `The worker does not answer: ${problem.message}`;
  }
  setTimeout(look, 2000);
}

look();
