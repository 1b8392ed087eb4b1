import { beforeEach } from "vitest";
import { Volume } from "../../lib/storage/volume.ts";
import { contentOf, newFolder } from "./folders.ts";
import { all, newName, type StorageLab, use } from "./lab.ts";

/** A new volume for each test, and ways to look at it. */
export interface VolumeBench {
  readonly lab: StorageLab;
  readonly volume: Volume;
  /** Everything in a volume as somebody else sees it. */
  seen(name?: string): Promise<Record<string, string | null>>;
  /** A folder that shows the volume. */
  mount(options?: { subPath?: string; readOnly?: boolean }): Promise<string>;
}

/** Makes a volume before each test of this suite: what is answered is that of the test that runs. */
export function eachVolume(open: () => Promise<StorageLab>): () => VolumeBench {
  let current: VolumeBench | undefined;
  beforeEach(async () => {
    const lab = await open();
    use(lab);
    const volume = Volume.fromName(newName(), { createIfMissing: true });
    await volume.info();
    const show = async (name: string, { volumes }: StorageLab["stores"]) => {
      const folder = newFolder();
      await volumes.checkOut(name, { folder });
      return contentOf(folder);
    };
    current = {
      lab,
      volume,
      seen: async (name = volume.name) => await show(name, await lab.another()),
      mount: async (options = {}) => {
        const folder = newFolder();
        await lab.stores.volumes.checkOut(volume.name, { folder, ...options });
        return folder;
      },
    };
  });
  return () => {
    if (current === undefined) throw new Error("there is a volume within tests only");
    return current;
  };
}

/** The text of a file of a volume. */
export async function textOf(volume: Volume, path: string): Promise<string> {
  return Buffer.concat(await all(volume.readFile(path))).toString();
}
