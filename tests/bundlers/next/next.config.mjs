// Next itself is installed elsewhere in the repository, and Turbopack looks at nothing outside of its root.
export default { turbopack: { root: process.env.MAMBO_REPOSITORY }, outputFileTracingRoot: process.env.MAMBO_REPOSITORY };
