new Worker("/page-suite.mjs", { type: "module" });
