import { openBucket } from "../../lib/aws/storage/open-bucket.ts";
import { FuseDevice } from "./device.ts";
import { BucketFileSystem } from "./file-system.ts";
import type { BucketMountRequest } from "./request.ts";

/**
 * The program behind one bucket that is mounted: a process of its own, since whoever reads from the device waits for the
 * kernel. It says "mounted" or why it could not, and unmounts when its standard input ends.
 */
const [line = ""] = await readRequest();
const { mount, folder } = JSON.parse(line) as BucketMountRequest; // By the agent.
// Credentials of a secret are in the environment of this process alone.
const bucket = openBucket(mount);
const fileSystem = new BucketFileSystem({
  bucket,
  keyPrefix: mount.keyPrefix,
  isReadOnly: mount.readOnly,
  now: Date.now,
});

try {
  // What cannot be listed is told now, and not by the first file that is missing.
  await bucket.list({ prefix: mount.keyPrefix, isFlat: true, limit: 1 });
  const device = FuseDevice.mount(folder, {
    isReadOnly: mount.readOnly,
    serve: (request) => fileSystem.serve(request),
  });
  process.stdout.write("mounted\n");
  process.stdin.on("end", () => device.unmount());
  process.stdin.resume();
  await device.ended;
  process.exit(0);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/** The first line; the rest of the input is silence until it ends. */
function readRequest(): Promise<string[]> {
  return new Promise((resolve) => {
    let text = "";
    const take = (chunk: Buffer): void => {
      text += chunk.toString("utf8");
      if (!text.includes("\n")) return;
      process.stdin.off("data", take);
      resolve(text.split("\n"));
    };
    process.stdin.on("data", take);
  });
}
