import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect } from "vitest";
import { control } from "../../cdk/controller/control.ts";
import type { Controller } from "../../cdk/controller/controller.ts";
import { EcsCluster } from "../../cdk/controller/ecs-cluster.ts";
import type { TaskAnswer } from "../../cdk/controller/ports.ts";
import { S3StoredObjects } from "../../cdk/controller/s3-stored-objects.ts";
import { App } from "../../lib/app.ts";
import { flipDeployment } from "../../lib/aws/deploy/flip-deployment.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { bundleObject, historyKey } from "../../lib/aws/keys.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { SqsDemand } from "../../lib/aws/sqs-demand.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import { needsOf } from "../../lib/scheduling/fit.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { FakeCloud } from "../aws/fake-cloud.ts";
import { aws, awsTest, unique } from "./aws.ts";
import { definition, ecs, newCluster } from "./cluster.ts";
import { keysOf, s3 } from "./deployed.ts";
import { createTable } from "./table.ts";

const dynamo = new DynamoDBClient(aws);
const TWO_DAYS_MS = 2 * 24 * 3_600_000;
const media = new App("media");
media.function("resize", () => 1);
const [SPEC] = resolveSpec(media).functions as [FunctionSpec]; // The one above.
const CLOCK = { now: Date.now, sleep: async (): Promise<void> => {} };

/** An app in an environment of its own: its deployments, and a controller whose clock is two days ahead. */
class Deployed {
  readonly app: string = unique("app");
  readonly taskDefinitions: string[] = [];
  readonly bucket: string = unique("bucket");
  readonly rows: DynamoRows;
  readonly cluster: EcsCluster;
  readonly #objects: S3Objects = new S3Objects(s3, this.bucket);

  private constructor(table: string, cluster: string) {
    this.rows = new DynamoRows(dynamo, table);
    this.cluster = new EcsCluster(ecs, cluster);
  }

  static async create(): Promise<Deployed> {
    const table = unique("table");
    const [{ name }] = await Promise.all([newCluster(), createTable(dynamo, table)]);
    const made = new Deployed(table, name);
    await s3.send(new CreateBucketCommand({ Bucket: made.bucket }));
    return made;
  }

  /** Deploys code and a task definition of these numbers. */
  async deploy(number: number): Promise<void> {
    this.taskDefinitions[number] ??= await definition();
    const resize = { spec: SPEC, taskDefinition: this.taskDefinitions[number], queueUrl: "none" };
    const manifest = JSON.stringify({ app: this.app, functions: { resize } });
    const manifestKey = `manifests/${this.app}/${number}.json`;
    const codeHash = `code-${number}`;
    const names = { specHash: "", owner: "", shards: "0", templateHash: "", isAhead: false };
    await flipDeployment(this.rows, {
      app: this.app,
      decide: () => ({ ...names, codeHash, manifestKey, removes: [] }),
      store: async () => {
        await this.#objects.put(bundleObject(this.app, codeHash), codeHash);
        await this.#objects.put(manifestKey, manifest);
      },
      clock: CLOCK,
    });
  }

  async sweep(): Promise<void> {
    const cloud = new FakeCloud();
    const { rows, cluster } = this;
    const controller: Controller = {
      ...cloud.process(),
      ports: {
        ...cloud.ports(),
        ...{ rows, cluster, objects: this.#objects },
        stored: new S3StoredObjects(s3, this.bucket),
        queues: new SqsDemand(new SQSClient(aws)),
        now: () => Date.now() + TWO_DAYS_MS,
      },
    };
    expect(await control({ kind: "sweep" }, controller)).toMatchObject({ end: "done" });
  }

  /** Statuses of the task definitions, by the numbers of their deployments. */
  async statuses(): Promise<Record<number, string | undefined>> {
    const found: Record<number, string | undefined> = {};
    for (const [number, taskDefinition] of this.taskDefinitions.entries()) {
      if (taskDefinition === undefined) continue;
      const described = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
      found[number] = described.taskDefinition?.status;
    }
    return found;
  }

  /** What ECS says to a container of a deployment: the cluster has no hosts. */
  async run(number: number): Promise<TaskAnswer["kind"]> {
    const answer = await this.cluster.run({
      ...{ container: unique("ct"), instanceId: "i-0", containerName: "main", gpus: 0 },
      ...{ taskDefinition: this.taskDefinitions[number] ?? "", taskRole: undefined },
      ...{ needs: needsOf(SPEC), memoryLimitMiB: null },
      environment: {},
    });
    return answer.kind;
  }

  async history(): Promise<number[]> {
    const rows = await this.rows.list<DeploymentRow>(historyKey(this.app, 0).pk);
    return rows.map(({ body }) => body.number);
  }
}

describe("a sweep of old deployments", () => {
  awsTest(
    "leaves the last ten, to go back to, and removes what older ones name",
    async () => {
      const app = await Deployed.create();
      for (let number = 1; number <= 12; number += 1) await app.deploy(number);
      await app.sweep();

      const kept = Array.from({ length: 10 }, (_, index) => index + 3);
      const active = Object.fromEntries(kept.map((number) => [number, "ACTIVE"]));
      expect(await app.statuses()).toEqual({ 1: "INACTIVE", 2: "INACTIVE", ...active });
      expect(await app.history()).toEqual(kept);
      const bundles = await keysOf(app.bucket, `bundles/${app.app}/`);
      expect(bundles.sort()).toEqual(
        kept.map((number) => bundleObject(app.app, `code-${number}`)).sort(),
      );
      expect(await keysOf(app.bucket, `manifests/${app.app}/`)).toHaveLength(10);

      await app.deploy(3);
      await app.sweep();
      expect(await app.run(3)).toBe("no-room");
      expect((await app.statuses())[3]).toBe("ACTIVE");
      expect(await keysOf(app.bucket, `bundles/${app.app}/`)).toContain(
        bundleObject(app.app, "code-3"),
      );
      expect((await app.statuses())[4]).toBe("ACTIVE");
      expect(await app.history()).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    },
    60_000,
  );
});
