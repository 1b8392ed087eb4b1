import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { NestedStack, Stack, Stage } from "aws-cdk-lib";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { afterAll, describe, expect, it } from "vitest";
import { type AppSpec, App as Definition, Image, resolveSpec } from "windlass";
import { WindlassApp, type WindlassAppStackProps } from "windlass/cdk";
import { tempProject } from "../bundle/temp-project.ts";
import { buildsOf, findBuilds } from "./builds.ts";
import { ACCOUNT, decide, type IdentityPolicy, policiesOfRole, REGION } from "./iam.ts";
import {
  appOf,
  appStack,
  CODE,
  cdkApp,
  propertiesOf,
  type Resource,
  type TemplateJson,
  toJson,
} from "./synth.ts";

const BUILD = "Custom::CDKContainerImageBuild";
const PROJECT = "AWS::CodeBuild::Project";
const TASK = "AWS::ECS::TaskDefinition";

/** An app with a function and an image for each of these packages. */
function imagesOf(...packages: readonly string[]): Definition {
  const app = new Definition("media", { tags: { team: "video" } });
  for (const one of packages) {
    app.function(one, { image: Image.debianSlim().aptInstall(one) }, () => 1);
  }
  return app;
}

/** The spec with its first image for another processor, which the DSL does not offer yet. */
function withArm(spec: AppSpec): AppSpec {
  const [first, ...others] = spec.images;
  return { ...spec, images: [{ ...first, platform: "linux/arm64" }, ...others] } as AppSpec;
}

interface Built {
  readonly outer: Stack;
  readonly template: TemplateJson;
  /** What builds images. */
  readonly builds: TemplateJson;
}

function build(props: Partial<WindlassAppStackProps> = {}, scope = cdkApp()): Built {
  const outer = appStack({ app: imagesOf("ffmpeg"), missingImages: "codebuild", ...props }, scope);
  const template = toJson(outer);
  return { outer, template, builds: toJson(buildsOf(outer)) };
}

const tagOf = ({ imageTag }: Resource["Properties"]): string => imageTag;

const ARNS: Readonly<Record<string, string>> = {
  "AWS::ECR::Repository": `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/own`,
  "AWS::CodeBuild::Project": `arn:aws:codebuild:${REGION}:${ACCOUNT}:project/own`,
  "AWS::Logs::LogGroup": `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/codebuild/own:*`,
};
const ASSETS = `cdk-hnb659fds-assets-${ACCOUNT}-${REGION}`;

/** What a role may do once it is deployed, by policies of its own and attached ones. */
function roleOf(builds: TemplateJson, description: string): IdentityPolicy[] {
  const text = JSON.stringify(builds).replaceAll(
    /\{"Fn::Sub":"cdk-hnb659fds-assets[^}]*\}[^}]*\}"\}/g,
    `"${ASSETS}"`,
  );
  const template = JSON.parse(text) as TemplateJson;
  for (const { Roles, ...policy } of propertiesOf(template, "AWS::IAM::Policy")) {
    for (const { Ref } of Roles) template.Resources[Ref]?.Properties.Policies.push(policy);
  }
  const values = Object.entries(template.Resources).map(([id, { Type }]) => [id, ARNS[Type] ?? id]);
  return policiesOfRole(template, description, Object.fromEntries(values));
}

describe("an image that CodeBuild builds", () => {
  it("is made from what Docker would make it from, and named by that", () => {
    const { outer, builds } = build();

    const [{ imageTag, buildCommand }] = propertiesOf(builds, BUILD);
    const folder = Stage.of(outer)?.assetOutdir ?? "";
    const dockerfile = readFileSync(join(folder, `image-${imageTag}`, "Dockerfile"), "utf8");
    expect(dockerfile).toContain("ffmpeg");
    expect(dockerfile).toContain('ENTRYPOINT ["/opt/windlass/node","/opt/windlass/agent-aws.mjs"]');
    expect(buildCommand).toContain("--platform linux/amd64");
    const docker = JSON.stringify(toJson(appStack({ app: imagesOf("ffmpeg") })));
    expect(docker).toContain(`:${imageTag}"`);
  });

  it("is what its task definition runs, which waits for it", () => {
    const { template, builds } = build();

    const [definition] = propertiesOf(template, TASK);
    const image = JSON.stringify(definition.ContainerDefinitions[0].Image);
    expect(image).toContain(`:${tagOf(propertiesOf(builds, BUILD)[0])}`);
    const [nested] = Object.entries(template.Resources).find(
      ([, { Type }]) => Type === "AWS::CloudFormation::Stack",
    ) ?? [""];
    expect(image).toContain(`"Fn::GetAtt":["${nested}","Outputs.`);
  });

  it("has the same template each time, and another one's change leaves it alone", () => {
    const before = build({ app: imagesOf("ffmpeg", "sox") }).builds;
    const again = build({ app: imagesOf("ffmpeg", "sox") }).builds;
    const after = build({ app: imagesOf("ffmpeg", "flac") }).builds;

    expect(again).toEqual(before);
    const ids = (template: TemplateJson) =>
      Object.entries(template.Resources)
        .filter(([, { Type }]) => Type === BUILD)
        .map(([id, { Properties }]) => [id, JSON.stringify(Properties)].join());
    const kept = ids(before).filter((one) => ids(after).includes(one));
    expect(kept).toHaveLength(1);
  });

  it.each([
    ["linux/amd64", "LINUX_CONTAINER"],
    ["linux/arm64", "ARM_CONTAINER"],
  ])("for %s is built on such a machine", (platform, type) => {
    const spec = resolveSpec(imagesOf("ffmpeg"));
    const { builds } = build({ app: platform === "linux/arm64" ? withArm(spec) : spec });

    expect(propertiesOf(builds, PROJECT).map(({ Environment }) => Environment.Type)).toEqual([
      type,
    ]);
    expect(propertiesOf(builds, BUILD)[0].buildCommand).toContain(`--platform ${platform}`);
  });
});

it("builds all images of an app with one project, one function, one repository", () => {
  const { builds } = build({ app: imagesOf("ffmpeg", "sox", "flac") });

  const types = Object.values(builds.Resources).map(({ Type }) => Type);
  const count = (type: string) => types.filter((one) => one === type).length;
  expect(count(BUILD)).toBe(3);
  expect(new Set(propertiesOf(builds, BUILD).map(tagOf)).size).toBe(3);
  expect([PROJECT, "AWS::Lambda::Function", "AWS::ECR::Repository"].map(count)).toEqual([1, 1, 1]);
});

it("has a project for each processor that images are for", () => {
  const { builds } = build({ app: withArm(resolveSpec(imagesOf("ffmpeg", "sox"))) });

  const types = propertiesOf(builds, PROJECT).map(({ Environment }) => Environment.Type);
  expect(types.sort()).toEqual(["ARM_CONTAINER", "LINUX_CONTAINER"]);
  expect(propertiesOf(builds, "AWS::Logs::LogGroup")).toHaveLength(2);
});

it("keeps two apps of one stack apart", () => {
  const stack = new Stack(cdkApp(), "Mine");
  for (const name of ["a", "b"]) {
    const props = { app: appOf(name), code: CODE, missingImages: "codebuild" } as const;
    new WindlassApp(stack, name, props);
  }

  const nested = stack.node.findAll().filter((node) => node instanceof NestedStack);
  expect(nested.map((one) => propertiesOf(toJson(one), PROJECT).length)).toEqual([1, 1]);
  expect(propertiesOf(toJson(stack), PROJECT)).toEqual([]);
});

it("leaves nothing of it in a template where no image is built so", () => {
  const app = imagesOf("ffmpeg");
  const hash = resolveSpec(app).images[0]?.hash ?? "";
  const uri = "111122223333.dkr.ecr.us-east-1.amazonaws.com/media:1";
  const stacks = [
    appStack({ app }),
    appStack({ app, missingImages: "parameters" }),
    appStack({ app, missingImages: "codebuild", images: { [hash]: uri } }),
  ];

  for (const stack of stacks) {
    expect(findBuilds(stack)).toBeUndefined();
    expect(JSON.stringify(toJson(stack))).not.toMatch(/codebuild/i);
  }
});

it("says which values there are for images that are missing", () => {
  expect(() => appStack({ missingImages: "podman" as "build" })).toThrow(
    expect.objectContaining({
      code: "WINDLASS_INVALID_MISSING_IMAGES",
      message: '`missingImages` must be "build", "codebuild" or "parameters", got "podman"',
    }),
  );
});

describe("permissions", () => {
  const { builds } = build({ app: imagesOf("ffmpeg", "sox") });
  const builder = roleOf(builds, "Builds images");
  const starter = roleOf(builds, "Starts builds");
  const own = ARNS["AWS::ECR::Repository"] ?? "";
  const project = ARNS[PROJECT] ?? "";
  const log = ARNS["AWS::Logs::LogGroup"] ?? "";
  const assets = `arn:aws:s3:::${ASSETS}`;

  it.each([
    ["ecr:PutImage", own, "Allowed"],
    ["ecr:PutImage", own.replace("own", "other"), "ImplicitlyDenied"],
    ["ecr:BatchDeleteImage", own, "ImplicitlyDenied"],
    ["s3:GetObject", `${assets}/0.zip`, "Allowed"],
    ["s3:GetObject", `${assets}/0.mjs`, "ImplicitlyDenied"],
    ["s3:PutObject", `${assets}/0.zip`, "ImplicitlyDenied"],
    ["logs:PutLogEvents", log, "Allowed"],
    ["logs:PutLogEvents", log.replace("own", "other"), "ImplicitlyDenied"],
    ["ecr:GetAuthorizationToken", "*", "Allowed"],
  ])("a build that does %s to %s is %s", async (action, resource, decision) => {
    expect(await decide(builder, { action, resource })).toBe(decision);
  });

  it.each([
    ["codebuild:StartBuild", project, "Allowed"],
    ["codebuild:StartBuild", project.replace("own", "other"), "ImplicitlyDenied"],
    ["s3:GetObject", `${assets}/0.zip`, "ImplicitlyDenied"],
  ])("what starts builds and does %s to %s is %s", async (action, resource, decision) => {
    expect(await decide(starter, { action, resource })).toBe(decision);
  });

  it("are there before the first build", () => {
    const [build] = Object.values(builds.Resources).filter(({ Type }) => Type === BUILD);

    const waitsFor = build?.DependsOn?.map((id) => builds.Resources[id]?.Type);
    expect(waitsFor).toEqual(
      expect.arrayContaining([
        PROJECT,
        "AWS::IAM::Role",
        "AWS::IAM::Policy",
        "AWS::Logs::LogGroup",
      ]),
    );
  });
});

describe("what is applied to all resources of an app", () => {
  it("encrypts the repository and the logs of builds", () => {
    const scope = cdkApp();
    const arn = "arn:aws:kms:us-east-1:111122223333:key/1";
    const encryptionKey = Key.fromKeyArn(new Stack(scope, "Keys"), "Key", arn);

    const { builds } = build({ encryptionKey }, scope);

    expect(propertiesOf(builds, "AWS::ECR::Repository")[0].EncryptionConfiguration).toEqual({
      EncryptionType: "KMS",
      KmsKey: arn,
    });
    const groups = propertiesOf(builds, "AWS::Logs::LogGroup");
    expect(groups.map(({ KmsKeyId }) => KmsKeyId)).toEqual([arn]);
  });

  it("bounds the permissions of both roles", () => {
    const scope = cdkApp();
    const arn = "arn:aws:iam::111122223333:policy/boundary";
    const permissionsBoundary = ManagedPolicy.fromManagedPolicyArn(
      new Stack(scope, "Iam"),
      "Boundary",
      arn,
    );

    const { builds } = build({ permissionsBoundary }, scope);

    const roles = propertiesOf(builds, "AWS::IAM::Role");
    expect(roles.map(({ PermissionsBoundary }) => PermissionsBoundary)).toEqual([arn, arn]);
  });

  it("is handed to customize, and tagged", () => {
    const seen: string[] = [];

    const { builds } = build({ customize: ({ cfnResourceType }) => seen.push(cfnResourceType) });

    const types = Object.values(builds.Resources).map(({ Type }) => Type);
    expect(seen).toEqual(expect.arrayContaining(types));
    expect(propertiesOf(builds, PROJECT)[0].Tags).toEqual([
      { Key: "team", Value: "video" },
      { Key: "windlass:app", Value: "media" },
      { Key: "windlass:environment", Value: "default" },
    ]);
  });
});

it("removes what it has built with the app, and its logs after a month", () => {
  const { builds } = build();

  const [repository] = propertiesOf(builds, "AWS::ECR::Repository");
  expect(repository.EmptyOnDelete).toBe(true);
  const [group] = propertiesOf(builds, "AWS::Logs::LogGroup");
  expect(group.RetentionInDays).toBe(30);
  const policies = Object.values(builds.Resources).map(({ DeletionPolicy }) => DeletionPolicy);
  expect(policies).not.toContain("Retain");
});

it("builds the images of an app whose queues are in nested stacks", () => {
  const app = appOf("media", ["a", "b"]);

  const stack = appStack({ app, shards: 2, missingImages: "codebuild" });

  expect(propertiesOf(toJson(buildsOf(stack)), BUILD)).toHaveLength(1);
});

describe("the root cdk.json", () => {
  const root = resolve(import.meta.dirname, "../..");
  const outdir = tempProject({}, afterAll);

  /** Runs what it runs, with this value of the context `images`. */
  async function synth(images: string): Promise<void> {
    const { PATH } = process.env;
    const context = JSON.stringify({ app: "examples/hello.ts", images });
    const env = { PATH, HOME: outdir, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: context };
    const main = join(root, "dist/cdk/main.js");
    await promisify(execFile)(process.execPath, [main], { cwd: root, env });
  }

  it("builds images in CodeBuild with -c images=codebuild", async () => {
    await synth("codebuild");

    const nested = readdirSync(outdir).filter((file) => file.endsWith(".nested.template.json"));
    expect(nested).toEqual([expect.stringContaining("TasksBuilds")]);
  });

  it("refuses another value", async () => {
    await expect(synth("kaniko")).rejects.toThrow("WINDLASS_INVALID_MISSING_IMAGES");
  });
});
