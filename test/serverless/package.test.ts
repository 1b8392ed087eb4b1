import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { App, resolveSpec } from "windlass";
import { propertiesOf, type TemplateJson } from "../cdk/synth.ts";
import { appOf, service } from "./service.ts";

const DEPLOYMENT = "Custom::WindlassDeployment";
const QUEUE = "AWS::SQS::Queue";

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `fn-${index}`);
}

it("puts an app beside the functions and resources of a service", async () => {
  const shop = service({
    resources: {
      Resources: { Orders: { Type: QUEUE } },
      Outputs: { OrdersUrl: { Value: { Ref: "Orders" } } },
    },
  });

  await shop.sls("package");

  const { Resources, Outputs = {} } = shop.template();
  expect(Object.keys(Resources)).toEqual(
    expect.arrayContaining(["HelloLambdaFunction", "ServerlessDeploymentBucket", "Orders"]),
  );
  expect(propertiesOf(shop.template(), DEPLOYMENT)).toMatchObject([{ app: "media-dev" }]);
  expect(propertiesOf(shop.template(), "AWS::ECS::TaskDefinition").length).toBe(1);
  const ours = Object.keys(Resources).filter((id) => id.startsWith("Windlass"));
  // Two functions and their dead-letter queue, two roles, a log group, a task definition, a deployment.
  expect(ours.length).toBe(8);
  for (const id of ours) expect(id).toMatch(/^Windlass[A-Za-z0-9]+[0-9A-F]{8}$/);
  expect(Outputs["OrdersUrl"]).toBeDefined();
  const exported = Object.entries(Outputs).filter(([id]) => id.startsWith("Windlass"));
  expect(exported.length).toBe(2);
  for (const [, output] of exported) expect(output).not.toHaveProperty("Export");
});

it("leaves the bundle beside the template, and Windlass's own folder out of the functions", async () => {
  const shop = service({});

  await shop.sls("package");

  const [deployment] = propertiesOf(shop.template(), DEPLOYMENT);
  expect(deployment.codeKey).toMatch(/^windlass\/shop-dev\/[0-9a-f]{64}\.mjs$/);
  const hash = deployment.codeKey.slice("windlass/shop-dev/".length);
  expect(readdirSync(join(shop.folder, ".serverless/windlass"))).toContain(`asset.${hash}`);
  // File names stand in an archive as they are.
  const archive = readFileSync(join(shop.folder, ".serverless/shop.zip"), "latin1");
  expect(archive).toContain("src/hello.js");
  expect(archive).not.toContain(".windlass");
});

it("writes the same resources again", async () => {
  const shop = service({});
  const ours = () =>
    Object.entries(shop.template().Resources).filter(([id]) => id.startsWith("Windlass"));

  await shop.sls("package");
  const first = ours();
  await shop.sls("package");

  expect(ours()).toEqual(first);
});

it("deploys an app for each stage, with the same ids, to the environment that it is told", async () => {
  const shop = service({ windlass: { app: "./gpu/app.ts", environment: "shared" } });

  await shop.sls("package");
  const dev = shop.template();
  await shop.sls("package", "--stage", "prod");
  const prod = shop.template();

  expect(propertiesOf(prod, DEPLOYMENT)).toMatchObject([{ app: "media-prod" }]);
  const ours = ({ Resources }: TemplateJson) =>
    Object.keys(Resources).filter((id) => id.startsWith("Windlass"));
  expect(ours(prod)).toEqual(ours(dev));
  expect(environmentsOf(prod)).toEqual(["shared"]);
});

/** The environments whose facts a template looks up. */
function environmentsOf({ Parameters = {} }: TemplateJson): string[] {
  const defaults = Object.values(Parameters).map(({ Default }) => Default);
  const found = defaults.flatMap((text) => /^\/windlass\/(.+)\//.exec(text ?? "")?.[1] ?? []);
  return [...new Set(found)];
}

it("takes tags, boundary and log retention from the provider, and the account's qualifier", async () => {
  const arn = "arn:aws:iam::111122223333:policy/boundary";
  const shop = service({
    provider: {
      tags: { cost: "12", team: "shop" },
      logRetentionInDays: 14,
      iam: { role: { permissionsBoundary: arn } },
    },
    windlass: { app: "./gpu/app.ts", qualifier: "abc123" },
  });

  await shop.sls("package");

  const template = shop.template();
  for (const { Tags, RedrivePolicy } of propertiesOf(template, QUEUE)) {
    const isInput = RedrivePolicy !== undefined;
    expect(Tags).toEqual([
      { Key: "cost", Value: "12" },
      // The app's own tag is the nearer one.
      { Key: "team", Value: "video" },
      { Key: "windlass:app", Value: "media-dev" },
      { Key: "windlass:environment", Value: "default" },
      ...(isInput ? [{ Key: "windlass:function", Value: expect.any(String) }] : []),
    ]);
  }
  for (const { PermissionsBoundary } of propertiesOf(template, "AWS::IAM::Role")) {
    expect(PermissionsBoundary).toBe(arn);
  }
  for (const { RetentionInDays } of propertiesOf(template, "AWS::Logs::LogGroup")) {
    expect(RetentionInDays).toBe(14);
  }
  expect(JSON.stringify(propertiesOf(template, DEPLOYMENT))).toContain("cdk-abc123-assets-");
});

it("takes built images, and a parameter of the stack for those that are missing", async () => {
  const hash = resolveSpec(imagedApp()).images[0]?.hash ?? "";
  const uri = "111122223333.dkr.ecr.us-east-1.amazonaws.com/windlass:1";
  const given = service({ windlass: { app: "./gpu/app.ts", images: { [hash]: uri } } });
  await given.sls("package");
  const missing = service({});
  await missing.sls("package");

  const imageOf = (shop: ReturnType<typeof service>) =>
    propertiesOf(shop.template(), "AWS::ECS::TaskDefinition")[0].ContainerDefinitions[0].Image;
  expect(imageOf(given)).toBe(uri);
  const { Ref } = imageOf(missing);
  expect(missing.template().Parameters?.[Ref]).toBeDefined();
});

function imagedApp(): App {
  const app = new App("media");
  app.function("resize", () => 1);
  return app;
}

it("takes several apps, and queues in nested stacks", async () => {
  const shop = service(
    { windlass: { app: ["./gpu/app.ts", "./gpu/audio.ts"], shards: 2 } },
    { "gpu/audio.ts": appOf("audio", ["transcribe", "speak", "mix"]) },
  );

  await shop.sls("package");

  const apps = propertiesOf(shop.template(), DEPLOYMENT).map(({ app }) => app);
  expect(apps.sort()).toEqual(["audio-dev", "media-dev"]);
  const nested = propertiesOf(shop.template(), "AWS::CloudFormation::Stack");
  expect(nested.length).toBeGreaterThan(1);
  expect(JSON.stringify(nested)).toContain("windlass/shop-dev/");
});

it("fires the schedules of an app under the name that it has in its stage", async () => {
  const shop = service(
    {},
    {
      "gpu/app.ts": `import { App, Cron } from "windlass";
        export const app = new App("media");
        app.function("nightly", { schedule: new Cron("0 3 * * *", { timezone: "Europe/Rome" }) }, () => 1);`,
    },
  );

  await shop.sls("package", "--stage", "prod");

  const [schedule] = propertiesOf(shop.template(), "AWS::Scheduler::Schedule");
  expect(schedule).toMatchObject({
    ScheduleExpression: "cron(0 3 * * ? *)",
    ScheduleExpressionTimezone: "Europe/Rome",
  });
  expect(JSON.parse(schedule.Target.Input)).toMatchObject({
    app: "media-prod",
    function: "nightly",
    scheduledAt: "<aws.scheduler.scheduled-time>",
  });
});

it("puts endpoints below the domain that it is told, with the certificate", async () => {
  const certificateArn = "arn:aws:acm:us-east-1:000000000000:certificate/1";
  const web = { domainName: "api.example.com", certificateArn };
  const source = `import { App } from "windlass";
    export const app = new App("media");
    export const order = app.endpoint("order", { auth: "bearer" }, () => 1);`;
  const shop = service({ windlass: { app: "./gpu/app.ts", web } }, { "gpu/app.ts": source });

  await shop.sls("package");

  const listeners = propertiesOf(shop.template(), "AWS::ElasticLoadBalancingV2::Listener");
  expect(listeners).toMatchObject([
    { Protocol: "HTTPS", Certificates: [{ CertificateArn: certificateArn }] },
    { Protocol: "HTTP" },
  ]);
});

it("lets serverless.yml change what the apps consist of, and later plugins see it", async () => {
  const plain = service({});
  await plain.sls("package");
  const logGroup = Object.keys(plain.template().Resources).find((id) =>
    /^WindlassmediaLogGroup/.test(id),
  );
  const shop = service(
    {
      plugins: ["windlass/serverless", "./other.cjs"],
      resources: { extensions: { [logGroup ?? ""]: { Properties: { RetentionInDays: 7 } } } },
    },
    { "other.cjs": OTHER_PLUGIN },
  );

  const { stderr } = await shop.sls("package");

  expect(shop.template().Resources[logGroup ?? ""]?.Properties.RetentionInDays).toBe(7);
  expect(stderr.match(/other: .*/g)).toEqual([
    "other: before:package:initialize 0",
    "other: after:package:compileEvents 8",
    "other: before:package:finalize 8",
    "other: after:package:finalize 8",
  ]);
});

/** Prints at some hooks how many resources of ours there are. */
const OTHER_PLUGIN = `
module.exports = class Other {
  constructor(serverless, options, { log }) {
    const count = () => {
      const { Resources = {} } = serverless.service.provider.compiledCloudFormationTemplate ?? {};
      return Object.keys(Resources).filter((id) => id.startsWith("Windlass")).length;
    };
    const events = [
      "before:package:initialize",
      "after:package:compileEvents",
      "before:package:finalize",
      "after:package:finalize",
    ];
    this.hooks = Object.fromEntries(
      events.map((event) => [event, () => log.notice(\`other: \${event} \${count()}\`)]),
    );
  }
};
`;

it("prints a configuration with its variables resolved", async () => {
  const shop = service({ windlass: { app: "./gpu/app.ts", environment: "gpu-$" + "{sls:stage}" } });

  const { stdout } = await shop.sls("print", "--stage", "qa");

  expect(stdout).toContain("environment: gpu-qa");
});

it("packages a service that has apps only", async () => {
  const shop = service({ functions: undefined });

  await shop.sls("package");

  expect(propertiesOf(shop.template(), DEPLOYMENT).length).toBe(1);
});

it("stays within what one stack takes", async () => {
  const resources = Object.fromEntries(names(110).map((name) => [toId(name), { Type: QUEUE }]));
  const shop = service(
    { resources: { Resources: resources } },
    { "gpu/app.ts": appOf("media", names(385)) },
  );

  const printed = await shop.slsFails("package");

  expect(printed).toMatch(
    /\[WINDLASS_STACK_TOO_LARGE\] stack "shop-dev" would have 50\d resources/,
  );
  expect(printed).toContain("windlass.shards");
});

function toId(name: string): string {
  return `Own${name.replace("-", "")}`;
}
