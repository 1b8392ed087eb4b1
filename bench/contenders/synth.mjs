// Prints how long the synthesis of some functions takes in a fresh process, from the first construct to the last
// file, imports left out: synth.mjs <contender> <count>
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, aws_ecs as ecs, NestedStack, aws_ecs_patterns as patterns, Stack } from "aws-cdk-lib";
import { CfnTaskDefinition } from "aws-cdk-lib/aws-ecs";
import { CfnPolicy, CfnRole } from "aws-cdk-lib/aws-iam";
import { CfnLogGroup } from "aws-cdk-lib/aws-logs";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import * as windlass from "windlass";
import { WindlassAppStack } from "windlass/cdk";

/** CloudFormation takes 500 resources a stack. */
const FUNCTIONS_PER_STACK = 250;
/** Services in a stack: each of them brings about a dozen resources. */
const SERVICES_PER_STACK = 30;
const PRINCIPAL = "ecs-tasks.amazonaws.com";

const contenders = { windlass: ours, l1, queue_processing: queueProcessing };
const [name, text] = process.argv.slice(2);
const count = Number(text);
const folder = mkdtempSync(join(tmpdir(), "windlass-synth-"));
const code = join(folder, "bundle.mjs");
writeFileSync(code, "export const answer = 42;\n");

// It costs all contenders the same and would hide what they differ in.
process.env.CDK_VALIDATION = "false";
const start = performance.now();
const app = new App({ outdir: join(folder, "out") });
contenders[name](app, count);
app.synth();
console.log(`wall_${count} ${performance.now() - start}`);
rmSync(folder, { recursive: true });

function functionNames(count) {
  return Array.from({ length: count }, (_, index) => `fn-${index}`);
}

function ours(app, count) {
  const definition = new windlass.App("bench");
  for (const one of functionNames(count)) definition.function(one, () => 1);
  const shards = count > FUNCTIONS_PER_STACK ? Math.ceil(count / FUNCTIONS_PER_STACK) : undefined;
  new WindlassAppStack(app, { app: definition, code, ...(shards && { shards }) });
}

/** The same resources by hand: a queue a function, one task definition, role, policy, log group, dead-letter queue. */
function l1(app, count) {
  const stack = new Stack(app, "L1");
  const logGroup = new CfnLogGroup(stack, "Logs", { retentionInDays: 30 });
  const dead = new CfnQueue(stack, "Dead", {});
  const role = new CfnRole(stack, "Role", {
    assumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: PRINCIPAL } }],
    },
  });
  new CfnPolicy(stack, "Policy", {
    policyName: "app",
    roles: [role.ref],
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sqs:ReceiveMessage", Resource: dead.attrArn }],
    },
  });
  new CfnTaskDefinition(stack, "Task", {
    requiresCompatibilities: ["EC2"],
    networkMode: "bridge",
    taskRoleArn: role.attrArn,
    containerDefinitions: [
      {
        name: "main",
        image: "public.ecr.aws/docker/library/node:24",
        memoryReservation: 128,
        logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": logGroup.ref } },
      },
    ],
  });
  for (const [index, one] of functionNames(count).entries()) {
    new CfnQueue(scopeOf(stack, index), one, {
      messageRetentionPeriod: 604_800,
      redrivePolicy: { deadLetterTargetArn: dead.attrArn, maxReceiveCount: 1000 },
    });
  }
}

function queueProcessing(app, count) {
  const shared = new Stack(app, "Shared");
  const cluster = new ecs.Cluster(shared, "Cluster");
  cluster.addCapacity("Hosts", { instanceType: { toString: () => "m5.large" } });
  for (const [index, one] of functionNames(count).entries()) {
    const at = Math.floor(index / SERVICES_PER_STACK);
    const id = `Services${at}`;
    const stack = app.node.tryFindChild(id) ?? new Stack(app, id);
    new patterns.QueueProcessingEc2Service(stack, one, {
      cluster,
      image: ecs.ContainerImage.fromRegistry("public.ecr.aws/docker/library/node:24"),
      memoryReservationMiB: 128,
    });
  }
}

function scopeOf(stack, index) {
  const id = `Shard${Math.floor(index / FUNCTIONS_PER_STACK)}`;
  return stack.node.tryFindChild(id) ?? new NestedStack(stack, id);
}
