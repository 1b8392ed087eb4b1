import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, inject } from "vitest";
import { App, type Client, connect, DeployedFunction } from "windlass";
import { awsTest, until } from "./aws.ts";
import { environmentOf } from "./deployed.ts";
import { createPlace } from "./place.ts";

const MINUTES = 60_000;
const place = createPlace("streams");
const { environment, app: name } = place;

/** The app, as a user would write it. */
const SOURCE = `
import { App, connect } from "windlass";
export const app = new App(${JSON.stringify(name)});
const size = { cpu: 0.25, memoryMiB: 256, maxContainers: 1 };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
export const count = app.function("count", size, function* (to: number, fail?: boolean) {
  for (let n = 1; n <= to; n += 1) yield n;
  if (fail) throw new RangeError("after the last");
});
let closed = 0;
export const slow = app.function("slow", size, async function* (ms: number) {
  try {
    for (let n = 0; ; n += 1) {
      yield { n, container: process.env.WINDLASS_CONTAINER_ID, closed };
      await pause(ms);
    }
  } finally {
    closed += 1;
  }
});
export const large = app.function("large", size, function* () {
  yield new Uint8Array(2_000_000).fill(1);
  yield "small";
});
export const sum = app.function("sum", size, async (to: number) => {
  let total = 0;
  for await (const n of count.remoteGen(to)) total += n;
  return total;
});
export const Speaker = app.cls("Speaker", size, class {
  readonly word: string;
  constructor({ word }: { word: string }) { this.word = word; }
  *say(times: number) { for (let n = 0; n < times; n += 1) yield this.word; }
});
export const double = app.function(
  "double",
  { ...size, batch: { maxSize: 50, waitMs: 500 } },
  (xs: number[]) => xs.map((x) => ({ value: 2 * x, of: xs.length })),
);
export const asking = app.function("asking", { ...size, uses: ["double"] }, async () => {
  const client = await connect<{ double: typeof double }>(${JSON.stringify(name)});
  await double.updateAutoscaler({ minContainers: 0 });
  const { numTotalRunners } = await client.double.getCurrentStats();
  const { value } = await client.double.remote(21);
  return { names: Object.keys(client).sort(), numTotalRunners, value };
});
`;

interface Slow {
  readonly n: number;
  readonly container: string;
  readonly closed: number;
}

const types = new App("types");
const model = {
  count: () =>
    types.function("count", function* (to: number, _?: boolean): Generator<number> {
      yield to;
    }),
  slow: () =>
    types.function("slow", async function* (n: number): AsyncGenerator<Slow> {
      yield { n, container: "", closed: 0 };
    }),
  large: () =>
    types.function("large", function* (): Generator<Uint8Array | string> {
      yield "";
    }),
  sum: () => types.function("sum", async (to: number) => to),
  Speaker: () =>
    types.cls(
      "Speaker",
      class {
        readonly word: string;
        constructor({ word }: { word: string }) {
          this.word = word;
        }
        *say(_: number): Generator<string> {
          yield this.word;
        }
      },
    ),
  double: () =>
    types.function("double", { batch: { maxSize: 1, waitMs: 0 } }, (xs: number[]) =>
      xs.map((value) => ({ value, of: 1 })),
    ),
  asking: () =>
    types.function("asking", async () => ({ names: [""], numTotalRunners: 0, value: 0 })),
};
type Module = { [Name in keyof typeof model]: ReturnType<(typeof model)[Name]> };

let client: Client<Module>;

beforeAll(async () => {
  if (inject("aws") === null) return;
  const { code, stderr } = await place.deploy({ "app.ts": SOURCE });
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  client = await connect<Module>(name, { environment });
}, 4 * MINUTES);

async function collect(
  items: AsyncIterable<unknown>,
): Promise<{ seen: unknown[]; error: unknown }> {
  const seen: unknown[] = [];
  try {
    for await (const item of items) seen.push(item);
    return { seen, error: undefined };
  } catch (error) {
    return { seen, error };
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

describe("a deployed generator", () => {
  awsTest("yields each item once and in order, beyond what it may yield ahead", async () => {
    expect(await collect(client.count.remoteGen(5000))).toEqual({
      seen: upTo(5000),
      error: undefined,
    });
  });

  awsTest("throws after its last item", async () => {
    const { seen, error } = await collect(client.count.remoteGen(3, true));
    expect(seen).toEqual([1, 2, 3]);
    expect(error).toMatchObject({ name: "RangeError", message: "after the last" });
  });

  awsTest("is found by its name, and sends items of any size", async () => {
    const large = DeployedFunction.fromName<Module["large"]>(name, "large", { environment });
    const { seen } = await collect(large.remoteGen());
    expect(seen).toEqual([new Uint8Array(2_000_000).fill(1), "small"]);
  });

  awsTest("may be a method of a class, or be called from a container", async () => {
    const speaker = new client.Speaker({ word: "hey" });
    expect((await collect(speaker.say.remoteGen(2))).seen).toEqual(["hey", "hey"]);
    expect(await client.sum.remote(1500)).toBe((1500 * 1501) / 2);
  });

  awsTest("yields as it goes, and is closed when its caller leaves", async () => {
    const began: number[] = [];
    for await (const { n } of client.slow.remoteGen(200)) {
      began.push(performance.now());
      if (n === 4) break;
    }
    const [first = 0] = began;
    expect((began.at(-1) ?? 0) - first).toBeGreaterThan(600);
    const closed = async (): Promise<number> => {
      for await (const item of client.slow.remoteGen(0)) return item.closed;
      return 0;
    };
    await until("its end", async () => (await closed()) > 0);
  });

  awsTest(
    "ends after the items that came when its container is killed",
    async () => {
      const seen: number[] = [];
      let error: unknown;
      try {
        for await (const { n, container } of client.slow.remoteGen(100)) {
          seen.push(n);
          if (n === 3) kill(container);
        }
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ name: "ContainerCrashedError" });
      expect(seen).toEqual(seen.map((_, index) => index));
      expect(seen.length).toBeGreaterThanOrEqual(4);
    },
    4 * MINUTES,
  );
});

describe("a deployed function with `batch`", () => {
  awsTest("is called with single inputs and runs them together", async () => {
    await client.double.remote(0);
    const outputs = await Promise.all(upTo(100).map((x) => client.double.remote(x)));
    expect(outputs.map(({ value }) => value)).toEqual(upTo(100).map((x) => 2 * x));
    expect(Math.max(...outputs.map(({ of }) => of))).toBe(50);
    const mapped = await client.double.map(upTo(200)).toArray();
    expect(mapped.map(({ value }) => value)).toEqual(upTo(200).map((x) => 2 * x));
  });

  awsTest("is connected to, asked about and scaled from a container that may call it", async () => {
    const { names, numTotalRunners, value } = await client.asking.remote();
    expect(names).toEqual(["asking", "double"]);
    expect(numTotalRunners).toBeGreaterThanOrEqual(0);
    expect(value).toBe(42);
    const { rows } = await environmentOf(environment);
    const found = await rows.get<{ scaling?: object }>({ pk: `${name}#deployment`, sk: "current" });
    expect(found?.body.scaling).toMatchObject({ double: { minContainers: 0 } });
  });
});

/** Ends a container from outside, as its host might. */
function kill(containerId: string): void {
  const docker = (...args: string[]): string =>
    execFileSync("docker", args, { encoding: "utf8" }).trim();
  const ids = docker("ps", "--quiet", "--filter", `ancestor=${place.image.split("=")[1]}`).split(
    "\n",
  );
  const found = ids.find((id) =>
    docker("inspect", "--format", '{{join .Config.Env "\\n"}}', id).includes(containerId),
  );
  docker("kill", found ?? "none");
}
