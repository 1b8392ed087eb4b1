import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Stack, Stage } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { expect, it } from "vitest";
import { App, Image, resolveSpec } from "windlass";
import { WindlassApp, WindlassEnvironment } from "windlass/cdk";
import { fillManifest } from "../../cdk/deployment/manifest-text.ts";
import {
  appOf,
  appStack,
  CODE,
  cdkApp,
  environmentStack,
  propertiesOf,
  type TemplateJson,
  toJson,
} from "./synth.ts";

const DEPLOYMENT = "Custom::WindlassDeployment";
const QUEUE = "AWS::SQS::Queue";

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `fn-${index}`);
}

/** The manifest as the deployment function writes it, with what is only known at deployment as `<id>`. */
function manifestOf(stack: Stack) {
  const [{ manifestKey, values }] = propertiesOf(toJson(stack), DEPLOYMENT);
  const folder = Stage.of(stack)?.assetOutdir ?? "";
  const text = readFileSync(join(folder, `asset.${manifestKey}`), "utf8");
  const named = values.map(({ Ref }: { Ref?: string }) => `<${Ref ?? "other"}>`);
  return JSON.parse(fillManifest(text, named));
}

it("makes one queue a function and one dead-letter queue", () => {
  const template = toJson(appStack({ app: appOf("media", ["a", "b"]) }));

  const queues = propertiesOf(template, QUEUE);
  expect(queues.length).toBe(3);
  const inputs = queues.filter(({ RedrivePolicy }) => RedrivePolicy !== undefined);
  expect(inputs.length).toBe(2);
  for (const queue of inputs) {
    expect(queue.MessageRetentionPeriod).toBe(604_800);
    expect(queue.RedrivePolicy.maxReceiveCount).toBe(1000);
  }
});

it("deploys a module under another name, and knows the name of its App", () => {
  const stack = new Stack(cdkApp(), "Renamed");
  new WindlassApp(stack, "App", { app: appOf("media"), name: "media-next", code: CODE });

  const { app, module } = manifestOf(stack);
  expect([app, module]).toEqual(["media-next", "media"]);
  expect(
    () => new WindlassApp(stack, "Bad", { app: appOf("media"), name: "a b", code: CODE }),
  ).toThrow(expect.objectContaining({ code: "WINDLASS_INVALID_APP_NAME" }));
});

it("adds one resource for one more function", () => {
  const one = Object.keys(toJson(appStack({ app: appOf("media", names(1)) })).Resources);
  const two = Object.keys(toJson(appStack({ app: appOf("media", names(2)) })).Resources);

  expect(two.length - one.length).toBe(1);
});

it("adds a role for a function with `uses`, which its tasks are run with", () => {
  const app = appOf("media", ["resize"]);
  app.function("closed", { uses: [] }, () => 1);
  const before = toJson(appStack({ app: appOf("media", ["resize", "closed"]) }));
  const after = toJson(appStack({ app }));

  const count = (template: TemplateJson) => Object.keys(template.Resources).length;
  expect(count(after) - count(before)).toBe(1);
  const roles = (template: TemplateJson) => propertiesOf(template, "AWS::IAM::Role");
  expect(roles(after).length - roles(before).length).toBe(1);
  const role = roles(after).find(({ Description }) => Description?.includes("closed"));
  expect(role?.Path).toBe("/windlass/default/");
  const [id] = Object.entries(after.Resources).find(([, one]) => one.Properties === role) ?? [];
  const [{ values }] = propertiesOf(after, DEPLOYMENT);
  expect(values).toContainEqual({ "Fn::GetAtt": [id, "Arn"] });
});

it("shares a task definition among functions of one image", () => {
  const app = new App("media");
  app.function("a", () => 1);
  app.function("b", () => 1);
  app.function("c", { image: Image.debianSlim().aptInstall("ffmpeg") }, () => 1);

  const stack = appStack({ app });
  const template = toJson(stack);

  const definitions = propertiesOf(template, "AWS::ECS::TaskDefinition");
  expect(definitions.length).toBe(2);
  for (const definition of definitions) {
    expect(definition.NetworkMode).toBe("bridge");
    const [container] = definition.ContainerDefinitions;
    expect(container.Environment).toEqual([
      { Name: "AWS_REGION", Value: { Ref: "AWS::Region" } },
      { Name: "AWS_DEFAULT_REGION", Value: { Ref: "AWS::Region" } },
      { Name: "AWS_EC2_METADATA_DISABLED", Value: "true" },
    ]);
  }
  const { functions } = manifestOf(stack);
  expect(functions.a.taskDefinition).toBe(functions.b.taskDefinition);
  expect(functions.a.taskDefinition).not.toBe(functions.c.taskDefinition);
});

it("starts what an image for arm64 holds on such hosts alone", () => {
  const app = new App("media");
  app.function("a", { image: Image.debianSlim({ architecture: "arm64" }) }, () => 1);
  app.function("b", () => 1);

  const stack = appStack({ app });

  const definitions = propertiesOf(toJson(stack), "AWS::ECS::TaskDefinition");
  const platforms = definitions.map(({ RuntimePlatform }) => RuntimePlatform);
  expect(platforms).toHaveLength(2);
  expect(platforms).toContainEqual({ CpuArchitecture: "ARM64", OperatingSystemFamily: "LINUX" });
  expect(platforms).toContain(undefined);
  const { functions } = manifestOf(stack);
  expect(functions.a.spec.architecture).toBe("arm64");
});

it("keeps task definitions that are replaced", () => {
  Template.fromStack(appStack()).allResources("AWS::ECS::TaskDefinition", {
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
  });
});

it("takes built images, and builds or asks for those that are missing", () => {
  const app = appOf("media");
  const hash = resolveSpec(app).images[0]?.hash ?? "";
  const uri = "111122223333.dkr.ecr.us-east-1.amazonaws.com/windlass:1";
  const imageOf = (template: TemplateJson) =>
    propertiesOf(template, "AWS::ECS::TaskDefinition")[0].ContainerDefinitions[0].Image;

  const given = imageOf(toJson(appStack({ app, images: { [hash]: uri } })));
  const missing = imageOf(toJson(appStack({ app, missingImages: "parameters" })));
  const stack = appStack({ app });
  const built = imageOf(toJson(stack));

  const key = createHash("sha256").update(hash).digest("hex").slice(0, 12);
  expect(given).toBe(uri);
  expect(missing).toEqual({ Ref: `ImageUri${key}` });
  const [, tag] = /container-assets-.*:([0-9a-f]{64})/.exec(JSON.stringify(built)) ?? [];
  const folder = join(Stage.of(stack)?.assetOutdir ?? "", `asset.${tag}`);
  const dockerfile = readFileSync(join(folder, "Dockerfile"), "utf8");
  expect(dockerfile).toContain("FROM debian:bookworm-slim");
  expect(dockerfile).toContain('ENTRYPOINT ["/opt/windlass/node","/opt/windlass/agent-aws.mjs"]');
});

it("deploys last, with a manifest that names queues and task definitions", () => {
  const stack = appStack();
  const template = toJson(stack);

  const [deployment] = propertiesOf(template, DEPLOYMENT);
  const code = createHash("sha256").update(readFileSync(CODE)).digest("hex");
  expect(deployment).toMatchObject({ app: "media", codeHash: code, shards: "0" });
  expect(deployment.codeKey).toMatch(/^[0-9a-f]{64}\.mjs$/);
  const manifest = manifestOf(stack);
  expect(manifest).toMatchObject({ version: 1, app: "media", environment: "default" });
  const ofType = (type: string) =>
    Object.entries(template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id]) => `<${id}>`);
  const { queueUrl, taskDefinition, containerName, spec } = manifest.functions.resize;
  expect(ofType(QUEUE)).toContain(queueUrl);
  expect(ofType("AWS::ECS::TaskDefinition")).toEqual([taskDefinition]);
  expect(containerName).toBe("windlass");
  expect(spec).toEqual(resolveSpec(appOf("media")).functions[0]);
  const deployed = Object.values(template.Resources).find(({ Type }) => Type === DEPLOYMENT);
  expect(deployed?.DependsOn?.length).toBeGreaterThan(0);
});

it("leaves text of the user's alone that looks like a variable", () => {
  const app = new App("media");
  const PATTERN = `$${"{HOME}"}/x and $${"{Token["}`;
  app.function("a", { env: { PATTERN } }, () => 1);

  const { functions } = manifestOf(appStack({ app }));

  expect(functions.a.spec.env).toEqual({ PATTERN });
});

it("takes a resolved spec for an app", () => {
  const app = appOf("media");

  expect(toJson(appStack({ app: resolveSpec(app) }))).toEqual(toJson(appStack({ app })));
});

it("finds its environment by the name of its parameters", () => {
  const parameters = Object.values(toJson(appStack({ environment: "staging" })).Parameters ?? {});

  expect(parameters.map(({ Default }) => Default)).toEqual(
    expect.arrayContaining([
      "/windlass/staging/table-name",
      "/windlass/staging/bucket-name",
      "/windlass/staging/cluster-name",
      "/windlass/staging/deployment-function-arn",
    ]),
  );
});

it("does not export anything of an environment in another stack", () => {
  const scope = cdkApp();
  const environment = environmentStack({}, scope);

  const app = appStack({ environment: environment.resources }, scope);

  expect(app.dependencies).toContain(environment);
  expect(JSON.stringify(toJson(app))).not.toContain("Fn::ImportValue");
});

it("refers directly to an environment of its own stack", () => {
  const stack = new Stack(cdkApp(), "Mine");
  const environment = new WindlassEnvironment(stack, "Windlass");
  new WindlassApp(stack, "Media", { app: appOf("media"), environment, code: CODE });

  const facts = Object.values(toJson(stack).Parameters ?? {}).map(({ Default }) => Default);

  expect(facts.filter((fact) => fact?.startsWith("/windlass/"))).toEqual([]);
});

it("puts two apps into one stack", () => {
  const stack = new Stack(cdkApp(), "Mine");
  new WindlassApp(stack, "A", { app: appOf("a"), code: CODE });
  new WindlassApp(stack, "B", { app: appOf("b"), code: CODE });

  expect(propertiesOf(toJson(stack), DEPLOYMENT).map(({ app }) => app)).toEqual(["a", "b"]);
});

it("has stacks of two apps whose names differ in a character that ids cannot have", () => {
  const scope = cdkApp();

  const ids = ["a.b", "a_b", "a-b"].map((name) => appStack({ app: appOf(name) }, scope).node.id);

  expect(new Set(ids).size).toBe(3);
  expect(ids[2]).toBe("Windlass-default-a-b");
});

it("names the shards to use above 400 resources", () => {
  expect(() => appStack({ app: appOf("large", names(500)) })).toThrow(
    expect.objectContaining({
      code: "WINDLASS_TOO_MANY_RESOURCES",
      hint: expect.stringContaining("shards: 2"),
    }),
  );
});

it("says that shards do not help where roles of functions with `uses` are too many", () => {
  const app = new App("large");
  for (const name of names(400)) app.function(name, { uses: [] }, () => 1);

  expect(() => appStack({ app, shards: 2 })).toThrow(
    expect.objectContaining({
      code: "WINDLASS_TOO_MANY_RESOURCES",
      message: expect.stringContaining("411 resources beside its queues"),
      hint: expect.stringContaining("two apps"),
    }),
  );
});

it("spreads the queues of a sharded app over nested stacks", () => {
  const stack = appStack({ app: appOf("large", names(500)), shards: 2 });

  const template = toJson(stack);
  const nested = stack.node
    .findAll()
    .filter(Stack.isStack)
    .filter((one) => one !== stack);
  const queues = nested.map((one) => propertiesOf(toJson(one), QUEUE).length);

  expect(propertiesOf(template, QUEUE).length).toBe(1);
  expect(queues.length).toBe(2);
  expect(queues.reduce((sum, count) => sum + count)).toBe(500);
  expect(Math.max(...queues)).toBeLessThan(300);
  for (const one of nested) {
    expect(Object.keys(toJson(one).Outputs ?? {}).length).toBeLessThan(200);
  }
  const { Outputs = {} } = toJson(nested[0] ?? stack);
  expect(Object.keys(Outputs)).toContain("Urls0");
  expect(JSON.stringify(template)).toContain("Outputs.Urls0");
});

it("never moves a function when another is added", () => {
  const placed = (functions: readonly string[]): Map<string, number> => {
    const stack = appStack({ app: appOf("large", functions), shards: 3 });
    const queues = stack.node.findAll().filter((node) => node instanceof CfnQueue);
    return new Map(
      queues.map((queue) => [queue.node.id, Number(/Shard(\d)/.exec(queue.node.path)?.[1])]),
    );
  };

  const before = placed(names(20));
  const after = placed([...names(20), "added"]);

  for (const name of names(20)) expect(after.get(name)).toBe(before.get(name));
});

it.each([0, 1.5, 51])("refuses shards: %s", (shards) => {
  expect(() => appStack({ shards })).toThrow(
    expect.objectContaining({ code: "WINDLASS_INVALID_SHARDS" }),
  );
});

it("says that there is no bundle", () => {
  expect(() => appStack({ code: "missing.mjs" })).toThrow(
    expect.objectContaining({ code: "WINDLASS_CODE_NOT_FOUND" }),
  );
});

it("sets the permissions boundary of every role", () => {
  const scope = cdkApp();
  const arn = "arn:aws:iam::111122223333:policy/boundary";
  const permissionsBoundary = ManagedPolicy.fromManagedPolicyArn(
    new Stack(scope, "Iam"),
    "Boundary",
    arn,
  );

  const template = toJson(appStack({ permissionsBoundary }, scope));

  const roles = propertiesOf(template, "AWS::IAM::Role");
  expect(roles.map(({ PermissionsBoundary }) => PermissionsBoundary)).toEqual([arn, arn]);
});

it("encrypts queues and logs with a key that it is given", () => {
  const scope = cdkApp();
  const arn = "arn:aws:kms:us-east-1:111122223333:key/1";
  const encryptionKey = Key.fromKeyArn(new Stack(scope, "Keys"), "Key", arn);

  const template = Template.fromStack(appStack({ encryptionKey }, scope));

  template.allResourcesProperties(QUEUE, { KmsMasterKeyId: arn });
  template.allResourcesProperties("AWS::Logs::LogGroup", { KmsKeyId: arn });
  template.resourceCountIs("AWS::IAM::Policy", 1);
});

it("follows the qualifier of the bootstrap", () => {
  const text = JSON.stringify(toJson(appStack({ qualifier: "acme" })));

  expect(text).toContain("cdk-acme-assets-");
  expect(text).toContain("/cdk-bootstrap/acme/version");
  expect(text).not.toContain("hnb659fds");
});

it("hands every resource to customize, those of nested stacks too", () => {
  const types: string[] = [];
  const stack = appStack({
    app: appOf("media", names(5)),
    shards: 1,
    customize: (resource) => types.push(resource.cfnResourceType),
  });

  toJson(stack);

  expect(types.filter((type) => type === QUEUE).length).toBe(6);
  expect(types).toContain(DEPLOYMENT);
});

it("tags everything with the app's tags, its name and its environment", () => {
  const app = new App("media", { tags: { team: "video" } });
  app.function("resize", () => 1);

  const template = toJson(appStack({ app }));

  for (const { Tags, RedrivePolicy } of propertiesOf(template, QUEUE)) {
    const isInput = RedrivePolicy !== undefined;
    expect(Tags).toEqual([
      { Key: "team", Value: "video" },
      { Key: "windlass:app", Value: "media" },
      { Key: "windlass:environment", Value: "default" },
      // What roles tell queues of functions apart by.
      ...(isInput ? [{ Key: "windlass:function", Value: "resize" }] : []),
    ]);
  }
});
