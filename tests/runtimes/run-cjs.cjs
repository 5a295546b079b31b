const library = require("mambo-webhooks");

Promise.all(["./suite.mjs", "./vectors.mjs", "mambo-webhooks"].map((name) => import(name))).then(
  ([{ suite }, { default: vectors }, modern]) => {
    const found = suite(library, vectors, require("mambo-webhooks/tools"));
    // Node loads the ES module for both, by the condition module-sync; a second copy would hold a second core.
    if (process.versions.bun === undefined && modern.createReceiver !== library.createReceiver) found.failed.push("two copies");
    console.log(JSON.stringify(found));
  },
);
