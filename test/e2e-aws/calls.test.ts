import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { SQSClient } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, inject } from "vitest";
import { App, type Client, connect, FunctionCall } from "windlass";
import { openFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { blockKey, runKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import type { Retried } from "../../lib/failed/retry.ts";
import { writeFiles } from "../bundle/temp-project.ts";
import type { Outcome } from "../cli/cli.ts";
import { aws, awsTest, until } from "./aws.ts";
import { deploymentOf, environmentOf, textOf } from "./deployed.ts";
import { createPlace } from "./place.ts";

const MINUTES = 60_000;
const place = createPlace("calls");
const { environment, app: name } = place;
const sqs = new SQSClient(aws);

/** The first version without the function `stay`. */
const WITHOUT_STAY = 3;

/** The app, as a user would write it; `version` stands for an edit. */
const source = (version: number): string => `
import { App } from "windlass";
export const app = new App(${JSON.stringify(name)}, { tags: { test: "calls" } });
const size = { cpu: 0.25, memoryMiB: 256 };
export const version = app.function("version", { ...size, maxContainers: 2 }, (id: number) => ({ id, version: ${version} }));
export const pick = app.function("pick", { ...size, maxContainers: 2 }, (value: number) => {
  console.log("picks " + value);
  if (value === 13) throw new RangeError("no thirteen");
  return value * 2;
});
export const nap = app.function("nap", { ...size, maxContainers: 2, timeoutSeconds: 60 }, async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return process.env.WINDLASS_CONTAINER_ID;
});
${version < WITHOUT_STAY ? STAY : ""}
`;

const STAY = `
export const stay = app.function("stay", { ...size, maxContainers: 1 }, async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
});`;

/** What the module exports, for types; the module itself is deployed, not imported. */
interface Module {
  version: ReturnType<typeof model.version>;
  pick: ReturnType<typeof model.pick>;
  nap: ReturnType<typeof model.nap>;
  stay: ReturnType<typeof model.stay>;
}
const types = new App("types");
const model = {
  version: () => types.function("version", (id: number) => ({ id, version: 1 })),
  pick: () => types.function("pick", (value: number) => value),
  nap: () => types.function("nap", async (_: number): Promise<string> => ""),
  stay: () => types.function("stay", async (_: number): Promise<void> => {}),
};

let client: Client<Module>;

function tryToDeploy(version: number, ...flags: readonly string[]): Promise<Outcome> {
  return place.deploy({ "app.ts": source(version) }, ...flags);
}

async function deploy(version: number, ...flags: readonly string[]): Promise<void> {
  const { code, stderr } = await tryToDeploy(version, ...flags);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
}

/** Docker's ids of the containers that run a function of the app. */
function dockerContainers(functionName: string): string[] {
  const list = ["ps", "--quiet", "--no-trunc", "--filter", `ancestor=${place.image.split("=")[1]}`];
  const ids = docker(...list)
    .split("\n")
    .filter((id) => id !== "");
  return ids.filter((id) => {
    const env = variablesOf(id);
    return (
      env.includes(`WINDLASS_FUNCTION=${functionName}`) && env.includes(`WINDLASS_APP=${name}`)
    );
  });
}

/** Variables of a container; none of one that has ended since it was listed, as those of other tests do. */
function variablesOf(id: string): string[] {
  try {
    return docker("inspect", "--format", '{{join .Config.Env "\\n"}}', id).split("\n");
  } catch {
    return [];
  }
}

function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8" });
}

async function deadLetterQueueUrl(): Promise<string> {
  const { facts, rows } = await environmentOf(environment);
  const row = await deploymentOf(rows, name);
  const text = await textOf(facts["bucket-name"], row?.manifestKey ?? "");
  return (JSON.parse(text) as Manifest).deadLetterQueueUrl;
}

beforeAll(async () => {
  if (inject("aws") === null) return;
  await deploy(1);
  client = await connect<Module>(name, { environment });
}, 4 * MINUTES);

describe("a deployed app", () => {
  awsTest("answers from nothing: a host is bought and a container started", async () => {
    expect(await client.version.remote(1)).toEqual({ id: 1, version: 1 });
  });

  awsTest("puts an input that failed for good into the dead-letter queue of the app", async () => {
    await expect(client.pick.map([11, 13]).toArray()).rejects.toThrow("no thirteen");
    const url = await deadLetterQueueUrl();
    const wanted = { limit: 10, waitSeconds: 2, hiddenSeconds: 0 };
    const entry = await until("an entry", async () => {
      const entries = (await new SqsQueues(sqs).receive(url, wanted)).map(({ body }) => body);
      return entries.map(openFailedInputs).find(({ start }) => start === 1);
    });
    expect(entry).toMatchObject({
      request: { target: { app: name, name: "pick" } },
      ...{ start: 1, end: 2, pool: "pick", deployment: 1, attempts: 1, kind: "error" },
      error: { name: "RangeError", message: "no thirteen" },
      payload: { start: 1, end: 2, args: { text: "[13]" } },
    });
    expect(entry.error.trace).toMatch(/^RangeError: no thirteen\n +at /);
  });

  awsTest("runs it again by a command, with another argument, and forgets it then", async () => {
    const failed = async <Data>(...args: readonly string[]): Promise<Data> => {
      const { stdout, stderr } = await place.run(["failed", ...args, "--on", "aws", "--json"]);
      expect(stderr).toBe("");
      return JSON.parse(stdout) as Data;
    };
    expect(await failed("list", name)).toMatchObject([
      { function: "pick", error: "RangeError", inputs: 1, message: "no thirteen" },
    ]);
    const [one] = await failed<{ id: string }[]>("list", name, "--each");
    const edited = ["--id", one?.id ?? "", "--input", "14"];
    const { calls, kept } = await failed<Retried>("retry", name, ...edited);

    expect(kept).toEqual([]);
    const call = FunctionCall.fromId<number>(calls[0] ?? "", { app: name, environment });
    expect(await call.get({ timeoutSeconds: 60 })).toBe(28);
    expect(await failed("list", name)).toEqual([]);
    const line = await until("its line in the log", async () => {
      const args = ["app", "logs", name, "--on", "aws", "--search", "/^picks 14$/", "--json"];
      return (await place.run(args)).stdout;
    });
    expect(JSON.parse(line)).toMatchObject({
      ...{ app: name, function: "pick", stream: "stdout", call: calls[0]?.replace(/\.\d+$/, "") },
    });
  });

  awsTest("cancels what runs, within seven seconds", async () => {
    const call = await client.nap.spawn(50_000);
    await pause(3000);
    await call.cancel();
    await expect(call.get({ timeoutSeconds: 7 })).rejects.toMatchObject({
      name: "InputCancellation",
    });
  });

  awsTest(
    "loses and doubles nothing when a container is killed at its work",
    async () => {
      const call = await client.nap.spawnMap(Array.from({ length: 60 }, () => 100));
      const containers: unknown[] = [];
      for await (const container of call.iter()) {
        // Some results are stored, and others are on their way.
        if (containers.length === 0) docker("kill", ...dockerContainers("nap"));
        containers.push(container);
      }
      expect(containers).toHaveLength(60);
      expect(new Set(containers).size).toBeGreaterThan(1);
      const { rows } = await environmentOf(environment);
      const ranges = await rows.list<RangeRow>(blockKey(name, call.id, 0));
      const inputs = ranges.flatMap(({ body }) =>
        body.results.flatMap(({ start, count }) =>
          Array.from({ length: count }, (_, offset) => start + offset),
        ),
      );
      expect(inputs.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, at) => at));
    },
    4 * MINUTES,
  );

  awsTest(
    "runs for one command, shows what its containers write, and leaves nothing",
    async () => {
      writeFiles(place.root, {
        "once.ts": `
        import { App } from "windlass";
        export const app = new App("once");
        export const shout = app.function("shout", { cpu: 0.25, memoryMiB: 256 }, (text: string) => {
          console.log("shouting " + text);
          return text.toUpperCase();
        });`,
      });
      const run = (...flags: readonly string[]): Promise<Outcome> => {
        const args = ["run", "--on", "aws", ...flags, "once.ts::shout", "hello"];
        return place.run(args, { WINDLASS_IMAGES: place.image });
      };
      const { rows } = await environmentOf(environment);
      // One that was left a day ago is removed by the next.
      const left = await run("--detach");
      const [, detached = ""] = /deployed as (\S+)\n/.exec(left.stderr) ?? [];
      expect(left.stderr).toContain(`${detached} stays for a day`);
      expect(await deploymentOf(rows, detached)).toMatchObject({ number: 1 });
      const row = await rows.get<{ at: number }>(runKey(detached));
      const at = Date.now() - 24 * 3_600_000;
      await rows.put(runKey(detached), { ...row?.body, at }, row?.version ?? 0);
      const { code, stdout, stderr } = await run();
      expect(stderr).toMatch(/deployed as once-run-[0-9a-z]{8}\n/);
      expect(stderr).toMatch(/stack Windlass-\S+-once-run-[0-9a-z]{8} is removed\n/);
      expect(stdout).toContain("│ shouting hello\n");
      expect(stdout.trimEnd().split("\n").at(-1)).toBe("HELLO");
      expect(code).toBe(0);
      const apps = await rows.list<{ app: string }>("#apps");
      expect(apps.map(({ body }) => body.app)).toEqual([name]);
    },
    3 * MINUTES,
  );

  awsTest("calls a deployed app from the command line", async () => {
    const args = ["run", "--on", "aws", "--app", name, "app.ts::pick", "21"];
    const { stdout } = await place.run(args);
    // After what the function wrote.
    expect(stdout.trim().split("\n").at(-1)).toBe("42");
  });

  awsTest("loses no call while its code is replaced, and runs the new code then", async () => {
    let isDeploying = true;
    const deployed = deploy(2).finally(() => {
      isDeploying = false;
    });
    const versions: number[] = [];
    for (let id = 0; isDeploying || versions.at(-1) !== 2; id += 1) {
      const answer = await client.version.remote(id);
      expect(answer.id).toBe(id);
      versions.push(answer.version);
    }
    await deployed;
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  awsTest(
    "keeps a function that has open calls, until they are to be dropped",
    async () => {
      const call = await client.stay.spawn(3_600_000);
      await until("its container", async () => dockerContainers("stay").length > 0);
      const refused = await tryToDeploy(WITHOUT_STAY);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain("error[WINDLASS_OPEN_CALLS]");
      expect(refused.stderr).toContain("--drop-calls");
      await expect(call.get({ timeoutSeconds: 0 })).rejects.toMatchObject({ name: "TimeoutError" });
      expect(await client.version.remote(1)).toEqual({ id: 1, version: 2 });
      await deploy(WITHOUT_STAY, "--drop-calls");
      await expect(call.get()).rejects.toMatchObject({ code: "WINDLASS_FUNCTION_REMOVED" });
      await until("its end", async () => dockerContainers("stay").length === 0);
      await expect(client.stay.remote(1)).rejects.toMatchObject({
        code: "WINDLASS_FUNCTION_NOT_FOUND",
      });
      expect(await client.version.remote(1)).toEqual({ id: 1, version: WITHOUT_STAY });
    },
    4 * MINUTES,
  );
});
