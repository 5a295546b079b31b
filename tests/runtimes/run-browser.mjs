// A browser: the package's files as they are, on a page or in a module worker, under a strict policy.
import { report } from "./browser.mjs";

const [browser, page] = process.argv.slice(2);
console.log(await report(browser, process.cwd(), `${page}.html`));
