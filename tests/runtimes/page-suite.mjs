// Runs the suite where it is imported, a page or a module worker, and posts what it found.
const report = (found) => fetch("/report", { method: "POST", body: JSON.stringify(found) });
try {
  const [library, tools, { suite }, { default: vectors }] = await Promise.all(
    ["index.js", "tools.js"]
      .map((name) => `/node_modules/mambo-webhooks/dist/${name}`)
      .concat("/suite.mjs", "/vectors.mjs")
      .map((path) => import(path)),
  );
  await report(suite(library, vectors, tools));
} catch (thrown) {
  await report({ passed: 0, failed: [String(thrown)] });
}
