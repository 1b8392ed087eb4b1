import { join } from "node:path";
import { DescribeSubnetsCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, onTestFinished } from "vitest";
import { CONTROLLER } from "../../cdk/controller/rows.ts";
import { awsTest, control, fault, until } from "./aws.ts";
import { ec2 } from "./cluster.ts";
import { Lab } from "./controller-lab.ts";
import { app as gatedApp } from "./gated-app.ts";

const SWEEP = { kind: "sweep" } as const;
const LONG = { timeout: 120_000 };
/** Containers that start have one emulator, on few cores. */
const PATIENT = { seconds: 60, everyMs: 200 };

async function lab(...given: Parameters<typeof Lab.create>): Promise<Lab> {
  const made = await Lab.create(...given);
  onTestFinished(async () => {
    const left = (await made.instances()).map(({ InstanceId }) => InstanceId ?? "");
    if (left.length > 0) await ec2.send(new TerminateInstancesCommand({ InstanceIds: left }));
  });
  return made;
}

function cpu(cores: number): { readonly cpu: { readonly request: number; readonly limit: null } } {
  return { cpu: { request: cores, limit: null } };
}

async function isRunning(env: Lab, count: number): Promise<boolean> {
  const running = (await env.tasks()).filter(({ lastStatus }) => lastStatus === "RUNNING");
  return running.length === count;
}

/** Minutes pass for hosts that are idle, until there is none. */
async function hostsEnd(env: Lab): Promise<void> {
  await until(
    "no host",
    async () => {
      await env.ageHosts();
      await env.invoke(SWEEP);
      return (await env.hosts()).length === 0;
    },
    PATIENT,
  );
}

describe("hosts", () => {
  awsTest(
    "of the next GPU are bought where stock, a quota and a zone stand before them",
    async () => {
      const env = await lab({ resize: { gpu: ["T4:4", "A10G:4"] } });
      const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
      const zone = Subnets[0]?.AvailabilityZone;
      const { cluster } = env;
      for (const size of ["12xlarge", "metal"])
        await fault("fleet", { cluster, instanceType: `g4dn.${size}` });
      const next = { cluster, instanceType: "g5.12xlarge" };
      await fault("fleet", { ...next, purchase: "spot", code: "MaxSpotInstanceCountExceeded" });
      await fault("fleet", { ...next, purchase: "on-demand", zone });
      await fault("boot-delay", { cluster, seconds: 3 });
      await env.send("resize");
      await env.wake("resize");

      const [instance, ...others] = await env.instances();
      expect(others).toEqual([]);
      expect(instance).toMatchObject({ InstanceType: "g5.12xlarge" });
      expect(instance?.Placement?.AvailabilityZone).not.toBe(zone);
      expect(await env.notice("resize")).toMatch(
        /^no T4 on demand in us-east-1\w\/\w; the account's quota of vCPUs for spot G and VT instances leaves no room: ask AWS for more; a host boots: g5.12xlarge, \$5.69\/h$/,
      );
      expect(await env.tasks()).toEqual([]);
      await until("a running task", async () => await isRunning(env, 1));
      const [task] = await env.tasks();
      expect(task?.containers?.[0]?.gpuIds).toHaveLength(4);
    },
  );

  awsTest("are shared by functions that need parts of one, as long as there is room", async () => {
    const env = await lab({ resize: cpu(0.75), crop: cpu(1), blur: cpu(0.5) });
    await Promise.all([env.send("resize"), env.send("crop")]);
    await env.wake("resize", "crop");
    await until("two tasks", async () => await isRunning(env, 2));
    expect(await env.instances()).toMatchObject([{ InstanceType: "c6a.large" }]);

    await env.send("blur");
    await env.wake("blur");
    await until("three tasks", async () => await isRunning(env, 3));
    expect(await env.instances()).toHaveLength(2);
    const hostOf = new Map((await env.containers()).map(({ row }) => [row.pool, row.hostArn]));
    expect(hostOf.get("crop")).toBe(hostOf.get("resize"));
    expect(hostOf.get("blur")).not.toBe(hostOf.get("resize"));
  });

  awsTest("come and go with 20 containers", LONG, async () => {
    const spec = { ...cpu(0.5), maxContainers: 20, scaledownWindowSeconds: 2 };
    const env = await lab({ resize: spec });
    await Promise.all(Array.from({ length: 24 }, () => env.send("resize")));
    await env.wake("resize");
    await until("10 running tasks", async () => await isRunning(env, 10), PATIENT);
    // So many at most before one has said how long an input takes.
    await env.wake("resize");
    const [measured] = await env.containers();
    expect(await env.containers()).toHaveLength(10);
    const isBusy = { status: "ready", taken: 1, idleSince: null, inputMs: 60_000 } as const;
    await env.agentWrites(measured?.id ?? "", isBusy);
    await env.wake("resize");
    await until("20 running tasks", async () => await isRunning(env, 20), PATIENT);
    expect(await env.instances()).toHaveLength(3);

    let taken = 0;
    while (taken < 24) taken += await env.takeAll("resize");
    const ids = (await env.containers()).map(({ id }) => id);
    expect(ids).toHaveLength(20);
    const isIdle = { status: "ready", taken: 0, idleSince: Date.now() - 3000 } as const;
    await Promise.all(ids.map((id) => env.agentWrites(id, isIdle)));
    await until("all to drain", async () => {
      await env.invoke(SWEEP);
      return (await env.containers()).every(({ row }) => row.mustDrain);
    });
    await Promise.all(ids.map((id) => env.agentEnds(id)));
    await hostsEnd(env);
    expect(await env.instances()).toEqual([]);
    expect(await env.tasks()).toEqual([]);
  });

  awsTest("that EC2 takes back at work lose and repeat no input", LONG, async () => {
    const program = { app: gatedApp, file: join(import.meta.dirname, "gated-app.ts") };
    const env = await lab({ gated: {} }, { program });
    const inputs = Array.from({ length: 6 }, (_, index) => ({ index, gate: `${env.bucket}/gate` }));
    await Promise.all(inputs.map((input) => env.send("gated", [input])));
    await env.wake("gated");
    const atWork = async (isHere: (hostArn: string | null) => boolean) => {
      const containers = await env.containers();
      const working = containers.filter(({ row }) => row.taken > 0 && isHere(row.hostArn));
      return working.length === 3 && working;
    };
    const first = await until("three at work", () => atWork(() => true), PATIENT);
    const [hostArn] = first.map(({ row }) => row.hostArn);
    expect(new Set(first.map(({ row }) => row.hostArn)).size).toBe(1);
    const [instance] = await env.instances();

    await control("POST", "spot-warning", { instanceId: instance?.InstanceId });
    await until("its tasks to be stopped", async () => {
      const there = (await env.tasks()).filter((task) => task.containerInstanceArn === hostArn);
      return there.length === 0;
    });
    await env.invoke(SWEEP);
    const second = await until("three elsewhere", () => atWork((arn) => arn !== hostArn), PATIENT);
    await env.objects.put("gate", "");

    const answers = (await env.answers(6)).map((answer) => String(answer).split(" "));
    expect(answers.map(([index]) => index).sort()).toEqual(["0", "1", "2", "3", "4", "5"]);
    const ids = second.map(({ id }) => id);
    for (const [, container] of answers) expect(ids).toContain(container);
    await until("the end of the host", async () => {
      await env.invoke(SWEEP);
      const left = await env.instances();
      return left.every(({ InstanceId }) => InstanceId !== instance?.InstanceId);
    });
  });

  awsTest("that nobody wrote down are taken in and ended", LONG, async () => {
    const env = await lab({ resize: {} });
    const lost = await env.leak({ "windlass:intent": "lost" });
    const foreign = await env.leak({});
    const [host] = await until("its row", async () => {
      await env.invoke(SWEEP);
      const hosts = await env.hosts();
      return hosts[0]?.body.arn !== null && hosts;
    });
    expect(host).toMatchObject({ sk: "host#lost", body: { instanceId: lost, type: "c6a.large" } });

    await hostsEnd(env);
    const left = (await env.instances()).map(({ InstanceId }) => InstanceId);
    expect(left).toEqual([foreign]);
  });

  awsTest("whose purchase was not answered are found and ended", LONG, async () => {
    const env = await lab({ resize: {} });
    const intention = {
      ...{ type: "c6a.large", market: "spot", boughtAt: Date.now(), boughtFor: [], trail: "" },
      ...{ instanceId: null, arn: null, idleSince: null, closingAt: null, emptyAt: null },
    };
    await env.rows.put({ pk: CONTROLLER, sk: "host#cut-off" }, intention, 0);
    const instance = await env.leak({ "windlass:intent": "cut-off" });
    await env.invoke(SWEEP);
    expect(await env.hosts()).toMatchObject([
      { sk: "host#cut-off", body: { instanceId: instance, boughtAt: intention.boughtAt } },
    ]);

    await hostsEnd(env);
    expect(await env.instances()).toEqual([]);
  });
});
