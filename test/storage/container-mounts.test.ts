import { describe, expect, it } from "vitest";
import { NotFoundError } from "windlass";
import type { VolumeMountSpec } from "../../lib/spec.ts";
import { relayStores } from "../../lib/storage/relay-stores.ts";
import { ContainerMounts } from "../../runtime-shim/agent/container-mounts.ts";
import { rejection } from "../dsl/mistake.ts";
import { until } from "../engine/until.ts";

const MOUNT: VolumeMountSpec = {
  kind: "volume",
  path: "/data",
  name: "data",
  backing: "s3",
  createIfMissing: true,
  readOnly: false,
  subPath: "",
};

/** Mounts whose stores answer as `answers` says, and remember what they were asked. */
function open(
  change: Partial<VolumeMountSpec> = {},
  answers: Readonly<Record<string, () => Promise<unknown>>> = {},
) {
  const mount = { ...MOUNT, ...change };
  const asked: string[] = [];
  const told: string[] = [];
  const clock = { now: 0 };
  const stores = relayStores(async ({ store, method, args }) => {
    asked.push(`${store}.${method} ${args.map((arg) => JSON.stringify(arg)).join(" ")}`);
    return await answers[method]?.();
  });
  const mounts = new ContainerMounts({
    placed: [{ mount, folder: "/mnt/data", isShared: mount.backing === "efs" }],
    stores,
    now: () => clock.now,
    onError: (text) => told.push(text),
  });
  const pass = (ms: number): void => {
    clock.now += ms;
    mounts.tick();
  };
  return { mounts, asked, told, pass };
}

describe("a volume of a container", () => {
  it("is made where it may be, checked out before code is loaded, and found by its name", async () => {
    const { mounts, asked } = open({ subPath: "some" });
    await mounts.begin();

    expect(asked).toEqual([
      'objects.create "volume" "data" true',
      'volumes.checkOut "data" {"folder":"/mnt/data","subPath":"some","readOnly":false}',
    ]);
    expect(mounts.variables).toEqual({ WINDLASS_VOLUME_PATHS: '{"data":"/mnt/data"}' });
  });

  it("must be there otherwise, or the container does not start", async () => {
    const missing = new NotFoundError("WINDLASS_NONE", "there is none");
    const find = (): Promise<never> => Promise.reject(missing);
    const { mounts, asked } = open({ createIfMissing: false }, { find });

    await expect(mounts.begin()).rejects.toBe(missing);
    expect(asked).toEqual(['objects.find "volume" "data"']);
  });

  it("that does not fit on the disk says what helps", async () => {
    const full = Object.assign(new RangeError("no space left"), { code: "ENOSPC" });
    const { mounts } = open({}, { checkOut: () => Promise.reject(full) });

    expect(await rejection(mounts.begin())).toMatchInlineSnapshot(`
      "ContainerStartupError WINDLASS_VOLUME_CHECK_OUT
      volume "data" cannot be mounted at "/data": RangeError: no space left
      hint: give the function \`ephemeralDiskGiB\`, mount a \`subPath\`, or remove what is not needed"
    `);
  });

  it("is committed every ten seconds, when asked, and when the container ends", async () => {
    const { mounts, asked, pass } = open();
    await mounts.begin();
    asked.length = 0;

    pass(9_999);
    expect(asked).toEqual([]);
    pass(1);
    await until(() => asked.length === 1);
    await mounts.commit("data");
    await Promise.all([mounts.close(), mounts.close()]);
    pass(20_000);
    expect(asked).toEqual(Array(3).fill('volumes.commit "data" "/mnt/data"'));
  });

  it("is looked at less often where that takes long", async () => {
    let done = (): void => {};
    const commit = (): Promise<void> =>
      new Promise((resolve) => {
        done = resolve;
      });
    const { mounts, asked, pass } = open({}, { commit });
    await mounts.begin();
    asked.length = 0;

    pass(10_000);
    pass(2_000);
    done();
    await new Promise(setImmediate);
    pass(39_999);
    expect(asked).toHaveLength(1);
    pass(1);
    expect(asked).toHaveLength(2);
  });

  it("is reloaded when asked, and before another runner loads code", async () => {
    const { mounts, asked } = open();
    await mounts.begin();
    asked.length = 0;

    await mounts.reload("data");
    await mounts.begin();
    expect(asked).toEqual(Array(2).fill('volumes.reload "data" "/mnt/data"'));
  });

  it("tells when a commit that nobody waits for fails, and tries again", async () => {
    const { mounts, told, asked, pass } = open(
      {},
      { commit: () => Promise.reject(new RangeError("no network")) },
    );
    await mounts.begin();
    pass(10_000);
    await until(() => told.length === 1);
    pass(10_000);
    await until(() => told.length === 2);

    expect(told[0]).toBe('volume "data" could not be brought up to date: no network');
    expect(asked.filter((line) => line.startsWith("volumes.commit"))).toHaveLength(2);
  });

  it("that is only read is never committed", async () => {
    const { mounts, asked, pass } = open({ readOnly: true });
    await mounts.begin();
    pass(60_000);
    await mounts.close();

    expect(await rejection(mounts.commit("data"))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_VOLUME_READ_ONLY
      volume "data" is mounted to be read only: nothing of it can be committed
      hint: mount it without \`readOnly\` where its files are to be changed"
    `);
    expect(asked.some((line) => line.startsWith("volumes.commit"))).toBe(false);
  });

  it("with a file system behind it has nothing to commit or reload", async () => {
    const { mounts, asked, pass } = open({ backing: "efs" });
    await mounts.begin();
    await mounts.commit("data");
    await mounts.reload("data");
    pass(60_000);
    await mounts.close();

    expect(asked).toEqual(['objects.create "volume" "data" true']);
  });

  it("that is another's is refused", async () => {
    const { mounts } = open();

    expect(await rejection(mounts.commit("other"))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_VOLUME_NOT_MOUNTED
      volume "other" is not mounted in this container: it has "data"
      hint: name it in \`volumes\` of the function, for instance \`{ "/data": volume }\`"
    `);
  });
});
