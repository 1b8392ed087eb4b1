import { describe, expect, it } from "vitest";
import { App, CloudBucketMount, Secret, Volume } from "windlass";
import {
  ACCOUNT,
  type Attempt,
  decide,
  type IdentityPolicy,
  policiesOfRole,
  REGION,
} from "./iam.ts";
import { appStack, environmentStack, propertiesOf, type TemplateJson, toJson } from "./synth.ts";

const shared = Volume.fromName("shared", { backing: "efs" });
const FILE_SYSTEM = "fs-1";

function templateOf(define: (app: App) => void): TemplateJson {
  const app = new App("media");
  define(app);
  return toJson(appStack({ app }));
}

/** The policies of containers, as they are once deployed; access points are named by their logical ids. */
function policiesIn(template: TemplateJson, description: string): IdentityPolicy[] {
  const values: Record<string, string> = {};
  for (const [id, { Default }] of Object.entries(template.Parameters ?? {})) {
    if (Default?.endsWith("/file-system-id")) values[id] = FILE_SYSTEM;
  }
  for (const [id, { Type }] of Object.entries(template.Resources)) {
    if (Type === "AWS::EFS::AccessPoint") values[id] = `arn:of:${id}`;
  }
  return policiesOfRole(template, description, values);
}

describe("the file system of an environment", () => {
  it("is kept, encrypted, as fast when it is small, and mounted by hosts that may", () => {
    const template = toJson(environmentStack());
    const [resource] = Object.values(template.Resources).filter(
      ({ Type }) => Type === "AWS::EFS::FileSystem",
    );

    expect(resource).toMatchObject({
      DeletionPolicy: "Retain",
      Properties: {
        Encrypted: true,
        ThroughputMode: "elastic",
        FileSystemPolicy: { Statement: [{ Effect: "Deny", Principal: { AWS: "*" } }] },
      },
    });
    const subnets = propertiesOf(template, "AWS::EC2::Subnet").length;
    expect(propertiesOf(template, "AWS::EFS::MountTarget")).toHaveLength(subnets);
  });
});

describe("functions with a volume in it", () => {
  it("share a task definition where image and mounts are the same", () => {
    const template = templateOf((app) => {
      app.function("a", { volumes: { "/shared": shared } }, () => 1);
      app.function("b", { volumes: { "/shared": shared } }, () => 1);
      app.function("c", { volumes: { "/elsewhere": shared } }, () => 1);
      app.function("d", { volumes: { "/data": Volume.fromName("data") } }, () => 1);
      app.function("e", () => 1);
    });

    const definitions = propertiesOf(template, "AWS::ECS::TaskDefinition");
    const mounts = definitions.map(({ ContainerDefinitions: [container] }) =>
      container.MountPoints?.map((point: { ContainerPath: string }) => point.ContainerPath),
    );
    expect(mounts).toEqual([["/shared"], ["/elsewhere"], undefined]);
    expect(propertiesOf(template, "AWS::EFS::AccessPoint")).toEqual([
      expect.objectContaining({
        RootDirectory: expect.objectContaining({ Path: "/volumes/shared" }),
      }),
    ]);
    const [volume] = definitions[0]?.Volumes ?? [];
    expect(volume.EFSVolumeConfiguration).toMatchObject({
      TransitEncryption: "ENABLED",
      AuthorizationConfig: { IAM: "ENABLED" },
    });
  });

  it("may mount their folders, and write where they do not only read", async () => {
    const template = templateOf((app) => {
      const part = shared.withMountOptions({ readOnly: true, subPath: "part" });
      app.function("a", { volumes: { "/shared": shared }, uses: [] }, () => 1);
      app.function("b", { volumes: { "/part": part }, uses: [] }, () => 1);
    });
    const points = Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === "AWS::EFS::AccessPoint")
      .map(([id, { Properties }]) => [Properties?.RootDirectory.Path, `arn:of:${id}`]);
    const arnOf = Object.fromEntries(points) as Record<string, string>;
    const attempt = (action: string, path: string): Attempt => ({
      action: `elasticfilesystem:${action}`,
      resource: `arn:aws:elasticfilesystem:${REGION}:${ACCOUNT}:file-system/${FILE_SYSTEM}`,
      context: { "elasticfilesystem:AccessPointArn": arnOf[path] ?? "" },
    });

    const a = policiesIn(template, "Containers of a of");
    expect(await decide(a, attempt("ClientWrite", "/volumes/shared"))).toBe("Allowed");
    expect(await decide(a, attempt("ClientMount", "/volumes/shared/part"))).toBe(
      "ImplicitlyDenied",
    );
    const b = policiesIn(template, "Containers of b of");
    expect(await decide(b, attempt("ClientMount", "/volumes/shared/part"))).toBe("Allowed");
    expect(await decide(b, attempt("ClientWrite", "/volumes/shared/part"))).toBe(
      "ImplicitlyDenied",
    );
  });
});

describe("functions with a bucket", () => {
  const template = templateOf((app) => {
    const corpus = new CloudBucketMount({ bucketName: "corpus", keyPrefix: "in/" });
    const fixed = new CloudBucketMount({ bucketName: "fixed", readOnly: true });
    const secret = Secret.fromName("r2");
    const elsewhere = new CloudBucketMount({ bucketName: "elsewhere", secret });
    app.function(
      "copy",
      { volumes: { "/corpus": corpus, "/fixed": fixed, "/else": elsewhere } },
      () => 1,
    );
    app.function("other", () => 1);
  });

  it("have the device that mounts it, and others do not", () => {
    const parameters = propertiesOf(template, "AWS::ECS::TaskDefinition").map(
      ({ ContainerDefinitions: [container] }) => container.LinuxParameters,
    );

    expect(parameters).toEqual([
      expect.objectContaining({
        Capabilities: { Add: ["SYS_ADMIN"] },
        Devices: [expect.objectContaining({ HostPath: "/dev/fuse" })],
      }),
      { InitProcessEnabled: true },
    ]);
  });

  it.each<[string, string, string]>([
    ["s3:GetObject", "corpus/in/a.txt", "Allowed"],
    ["s3:PutObject", "corpus/in/a.txt", "Allowed"],
    ["s3:DeleteObject", "corpus/in/a.txt", "Allowed"],
    ["s3:GetObject", "corpus/out/a.txt", "ImplicitlyDenied"],
    ["s3:GetObject", "fixed/any", "Allowed"],
    ["s3:PutObject", "fixed/any", "ImplicitlyDenied"],
    ["s3:GetObject", "elsewhere/any", "ImplicitlyDenied"],
    ["s3:GetObject", "another/any", "ImplicitlyDenied"],
  ])("may do what the mount needs: %s of %s is %s", async (action, key, decision) => {
    const policies = policiesIn(template, "Containers of the");
    expect(await decide(policies, { action, resource: `arn:aws:s3:::${key}` })).toBe(decision);
  });

  it.each([
    ["in/", "Allowed"],
    ["in/deep/", "Allowed"],
    ["", "ImplicitlyDenied"],
    ["out/", "ImplicitlyDenied"],
  ])('may list what is under the prefix: "%s" is %s', async (prefix, decision) => {
    const attempt = {
      action: "s3:ListBucket",
      resource: "arn:aws:s3:::corpus",
      context: { "s3:prefix": prefix },
    };
    expect(await decide(policiesIn(template, "Containers of the"), attempt)).toBe(decision);
  });

  it("may read the secret with its credentials", async () => {
    const resource = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/windlass-secrets/default/r2/AWS_REGION`;
    const attempt = { action: "ssm:GetParametersByPath", resource };
    expect(await decide(policiesIn(template, "Containers of the"), attempt)).toBe("Allowed");
  });
});
