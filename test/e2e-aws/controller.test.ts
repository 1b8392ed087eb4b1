import { TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { DeregisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { describe, expect, onTestFinished } from "vitest";
import { awsTest, control, fault, until } from "./aws.ts";
import { ec2, ecs } from "./cluster.ts";
import { Lab } from "./controller-lab.ts";

const SWEEP = { kind: "sweep" } as const;

async function lab(...given: Parameters<typeof Lab.create>): Promise<Lab> {
  const made = await Lab.create(...given);
  onTestFinished(async () => {
    const left = (await made.instances()).map(({ InstanceId }) => InstanceId ?? "");
    if (left.length > 0) await ec2.send(new TerminateInstancesCommand({ InstanceIds: left }));
  });
  return made;
}

/** Hosts of this type cannot be bought for this test; others may buy them. */
async function outOfStock(
  { cluster }: Lab,
  offer: { readonly instanceType: string; readonly purchase?: "spot" },
): Promise<void> {
  await fault("fleet", { cluster, ...offer });
}

describe("the controller's function", () => {
  awsTest("buys a host for a message, runs its container there, and ends both", async () => {
    const env = await lab({ resize: { scaledownWindowSeconds: 2 } });
    await env.send("resize");
    expect(await env.wake("resize")).toEqual({ end: "done", passes: 1 });
    expect(await env.instances()).toMatchObject([{ InstanceType: "c6a.large" }]);
    expect(await env.notice("resize")).toBe("a host boots: c6a.large, spot, up to $0.09/h");

    // The event of its registration is all that says so.
    const task = await until("a running task", async () =>
      (await env.tasks()).find(({ lastStatus }) => lastStatus === "RUNNING"),
    );
    const [{ id, row } = { id: "", row: undefined }] = await env.containers();
    expect(task.startedBy).toBe(id);
    expect(row).toMatchObject({ status: "placed", taskArn: task.taskArn, pool: "resize" });
    const environment = task.overrides?.containerOverrides?.[0]?.environment ?? [];
    expect(Object.fromEntries(environment.map(({ name, value }) => [name, value]))).toMatchObject({
      WINDLASS_APP: env.app,
      WINDLASS_FUNCTION: "resize",
      WINDLASS_POOL: "resize",
      WINDLASS_CONTAINER_ID: id,
      WINDLASS_ENVIRONMENT: env.environment,
      WINDLASS_TABLE: expect.any(String),
      WINDLASS_BUCKET: expect.any(String),
      WINDLASS_CONTROLLER: expect.any(String),
    });

    expect(await env.takeAll("resize")).toBe(1);
    await env.agentWrites(id, { status: "ready", idleSince: Date.now() - 3000 });
    await until("mustDrain", async () => {
      await env.agentWrites(id, {});
      await env.invoke(SWEEP);
      return (await env.containers())[0]?.row.mustDrain;
    });
    await env.agentEnds(id);
    await until("an idle host", async () => {
      const [host] = await env.hosts();
      return typeof host?.body.idleSince === "number";
    });
    await env.ageHosts();
    await env.invoke(SWEEP);
    await until("no instance", async () => (await env.instances()).length === 0);
    expect(await env.hosts()).toEqual([]);
  });

  awsTest("woken many times at once buys one host", async () => {
    const env = await lab({ resize: {} });
    await env.send("resize");
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => env.wake("resize")));

    expect(outcomes.map(({ end }) => end)).toContain("done");
    expect(await env.instances()).toHaveLength(1);
    await until("a task", async () => (await env.tasks()).length === 1);
  });

  awsTest("buys nothing for a call that was cancelled", async () => {
    const env = await lab({ resize: {} });
    await env.cancel(await env.send("resize"));
    await env.wake("resize");

    expect(await env.instances()).toEqual([]);
    expect(await env.takeAll("resize")).toBe(0);
  });

  awsTest("tells who waits that there is no stock, and asks again later only", async () => {
    const env = await lab({ resize: { gpu: ["RTX-PRO-6000"] } });
    for (const instanceType of ["g7e.2xlarge", "g7e.4xlarge", "g7e.8xlarge"]) {
      await outOfStock(env, { instanceType });
    }
    await env.send("resize");
    await env.wake("resize");

    expect(await env.instances()).toEqual([]);
    expect(await env.notice("resize")).toMatch(
      /^no RTX-PRO-6000 in us-east-1\w\/\w; tried again within 5 minutes$/,
    );
    expect(await env.wake("resize")).toEqual({ end: "done", passes: 1 });
  });

  awsTest("buys on demand when there are no spot instances, and says so", async () => {
    const env = await lab({ resize: { gpu: ["L40S"] } });
    for (const size of ["xlarge", "2xlarge", "4xlarge"]) {
      await outOfStock(env, { instanceType: `g6e.${size}`, purchase: "spot" });
    }
    await env.send("resize");
    expect(await env.wake("resize")).toEqual({ end: "done", passes: 4 });

    expect(await env.instances()).toMatchObject([{ InstanceType: "g6e.xlarge" }]);
    expect((await env.hosts()).map(({ body }) => body)).toMatchObject([{ market: "on-demand" }]);
    expect(await env.notice("resize")).toMatch(
      /^no spot L40S in us-east-1\w\/\w; a host boots: g6e.xlarge, \$1.88\/h$/,
    );
  });

  awsTest("buys nothing on demand for who requires spot instances", async () => {
    const env = await lab({ resize: { gpu: ["RTX-PRO-6000:2"], spot: "require" } });
    await outOfStock(env, { instanceType: "g7e.12xlarge", purchase: "spot" });
    await env.send("resize");
    await env.wake("resize");

    expect(await env.instances()).toEqual([]);
    expect(await env.notice("resize")).toMatch(
      /^no spot RTX-PRO-6000 in us-east-1\w\/\w; tried again within 5 minutes$/,
    );
  });

  awsTest("takes the next GPU when spot and on demand of the first are out of stock", async () => {
    const env = await lab({ resize: { gpu: ["T4", "L4"] } });
    for (const size of ["xlarge", "2xlarge"]) {
      await outOfStock(env, { instanceType: `g4dn.${size}` });
    }
    await env.send("resize");
    await env.wake("resize");

    expect(await env.instances()).toMatchObject([{ InstanceType: "g6.xlarge" }]);
    expect((await env.hosts()).map(({ body }) => body)).toMatchObject([
      { market: "spot", trail: expect.stringMatching(/^no T4 in us-east-1\w\/\w$/) },
    ]);
    const task = await until("a running task", async () =>
      (await env.tasks()).find(({ lastStatus }) => lastStatus === "RUNNING"),
    );
    expect(task.containers?.[0]?.gpuIds).toHaveLength(1);
  });

  awsTest("places two functions on one host", async () => {
    const env = await lab({ resize: {}, crop: {} });
    await Promise.all([env.send("resize"), env.send("crop")]);
    await env.wake("resize", "crop");
    await until("two tasks", async () => (await env.tasks()).length === 2);

    const tasks = await env.tasks();
    expect(new Set(tasks.map(({ containerInstanceArn }) => containerInstanceArn)).size).toBe(1);
    expect(await env.instances()).toHaveLength(1);
  });

  awsTest("empties a spot host that EC2 takes back, and serves its work on another", async () => {
    const env = await lab({ resize: {} });
    await env.send("resize");
    await env.wake("resize");
    const task = await until("a running task", async () =>
      (await env.tasks()).find(({ lastStatus }) => lastStatus === "RUNNING"),
    );
    const [instance] = await env.instances();

    await control("POST", "spot-warning", { instanceId: instance?.InstanceId });

    await until("its task to be stopped", async () => {
      const tasks = await env.tasks();
      return tasks.every(({ taskArn }) => taskArn !== task.taskArn);
    });
    await env.invoke(SWEEP);
    await until("a task elsewhere", async () => {
      const [other] = (await env.tasks()).filter(({ lastStatus }) => lastStatus === "RUNNING");
      return other !== undefined && other.containerInstanceArn !== task.containerInstanceArn;
    });
  });

  awsTest("heals by sweeps alone when every event is lost", async () => {
    const env = await lab({ resize: {} }, { isTold: false });
    await env.send("resize");
    await until("a task", async () => {
      await env.invoke(SWEEP);
      return (await env.tasks()).some(({ lastStatus }) => lastStatus === "RUNNING");
    });
    const [{ id } = { id: "" }] = await env.containers();
    await env.agentWrites(id, { status: "ready", idleSince: null, taken: 1 });
    const [instance] = await env.instances();
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance?.InstanceId ?? ""] }));
    await until("its end to be noticed", async () => {
      await env.invoke(SWEEP);
      return (await env.containers()).find((one) => one.id === id)?.row.status === "ended";
    });

    await until("another one", async () => {
      await env.invoke(SWEEP);
      return (await env.tasks()).some(({ startedBy }) => startedBy !== id);
    });
  });

  awsTest("goes on where AWS slows it down", async () => {
    const env = await lab({ resize: {} });
    for (const operation of ["CreateFleet", "RunTask"]) {
      await fault("throttle", {
        operation,
        match: operation === "RunTask" ? env.cluster : env.environment,
        times: 2,
      });
    }
    await env.send("resize");
    await env.wake("resize");
    await until("a task", async () => (await env.tasks()).length === 1);

    expect(await env.instances()).toHaveLength(1);
  });

  awsTest("says that a task definition is gone, and asks again ever more slowly", async () => {
    const env = await lab({ resize: {} });
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: env.taskDefinition }));
    await env.send("resize");
    const said = "its last container could not start: ClientException: TaskDefinition is inactive";
    await until("the notice", async () => {
      await env.wake("resize");
      return (await env.notice("resize")) === said;
    });

    // The second was tried at once.
    const containers = await env.containers();
    expect(containers.length).toBeLessThan(5);
    expect(containers[0]?.row).toMatchObject({
      status: "ended",
      error: "ClientException: TaskDefinition is inactive",
    });
  });

  awsTest("takes in an instance that was bought without a record", async () => {
    const env = await lab({ resize: {} });
    await env.send("resize");
    await env.wake("resize");
    const [{ sk } = { sk: "" }] = await env.hosts();
    await env.rows.delete({ pk: "#controller", sk });
    await env.invoke(SWEEP);

    expect((await env.hosts()).map((host) => host.sk)).toEqual([sk]);
    expect(await env.instances()).toHaveLength(1);
  });
});
