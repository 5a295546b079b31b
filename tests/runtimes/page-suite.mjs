// Runs the suite where it is imported, a page or a module worker, and posts what it found.
const report = (found) => fetch("/report", { method: "POST", body: JSON.stringify(found) });
try {
  const [library, { suite }, { default: vectors }] = await Promise.all(
    ["/node_modules/mambo-webhooks/dist/entry/inline.js", "/suite.mjs", "/vectors.mjs"].map((path) => import(path)),
  );
  await report(suite(library, vectors));
} catch (thrown) {
  await report({ passed: 0, failed: [String(thrown)] });
}
