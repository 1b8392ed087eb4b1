// Preloaded: prints every module that is loaded after it.
import { readFileSync, writeSync } from "node:fs";
import { createRequire, register } from "node:module";

const require = createRequire(import.meta.url);

register(
  `data:text/javascript,${encodeURIComponent(`
    import { writeSync } from "node:fs";
    export async function load(url, context, next) {
      if (url.startsWith("file:")) writeSync(2, "loaded " + decodeURI(new URL(url).pathname) + "\\n");
      return next(url, context);
    }`)}`,
);

process.on("exit", () => {
  const addons = readFileSync("/proc/self/maps", "utf8").matchAll(/\S+\.node$/gm);
  const names = [...Object.keys(require.cache), ...[...addons].map(([name]) => name)];
  for (const name of names) writeSync(2, `loaded ${name}\n`);
});
