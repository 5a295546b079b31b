const library = require("mambo-webhooks");

Promise.all([import("./suite.mjs"), import("./vectors.mjs")]).then(([{ suite }, { default: vectors }]) => {
  console.log(JSON.stringify(suite(library, vectors)));
});
