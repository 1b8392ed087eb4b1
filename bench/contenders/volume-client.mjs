// Uploads and downloads of a volume: `volume-client.mjs <upload | get> <volume> <path on the disk>` prints one JSON object
// with the seconds that it took, without the start of the program.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Volume } from "windlass";

const [what, name, path] = process.argv.slice(2);
const environment = process.env.WINDLASS_ENVIRONMENT;
const volume = Volume.fromName(name, { environment, createIfMissing: true });
// What every program does once, whatever it then does.
await volume.info();

const start = performance.now();
if (what === "upload") {
  await volume.batchUpload((batch) => batch.putDirectory(path, "/"), { force: true });
} else {
  await download();
}
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));

/** As `windlass volume get` does. */
async function download() {
  const aws = createRequire(import.meta.url).resolve("windlass/aws");
  const { openStores } = await import(pathToFileURL(aws).href);
  const { volumes } = await openStores({ environment });
  await volumes.download(name, { path: "large", target: path, force: true });
}
