import { execFileSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, describe, expect, inject, vi } from "vitest";
import { cloudWatchBuildLogs } from "../../bin/deploy/build-watch.ts";
import { writeFiles } from "../bundle/temp-project.ts";
import { appProject } from "../cli/cli.ts";
import { aws, awsTest, unique } from "./aws.ts";
import { AWS_ENV, onAws } from "./deployed.ts";
import { ensureNodeImage } from "./images.ts";

const MINUTES = 60_000;
const environment = unique("build");
const musl = `${unique("musl")}:1`;
/** A registry without images: that of the emulator says of each that it is there. */
const registry: Server = createServer((request, response) => {
  const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
  const { port } = registry.address() as AddressInfo;
  const answers: Readonly<Record<string, unknown>> = {
    DescribeRepositories: { repositories: [{ repositoryUri: `127.0.0.1:${port}/assets` }] },
    GetAuthorizationToken: {
      authorizationData: [
        {
          authorizationToken: Buffer.from("AWS:password").toString("base64"),
          proxyEndpoint: `http://127.0.0.1:${port}`,
        },
      ],
    },
    DescribeImages: { __type: "ImageNotFoundException", message: "there is none" },
    // Docker signs in.
    "": {},
  };
  response.statusCode = operation === "DescribeImages" ? 400 : 200;
  response.setHeader("content-type", "application/x-amz-json-1.1");
  response.end(JSON.stringify(answers[operation]));
});
let root = "";

beforeAll(async () => {
  if (inject("aws") === null) return;
  ensureNodeImage();
  execFileSync("sh", ["-c", `tar -c -T /dev/null | docker import - ${musl}`]);
  root = appProject({}, afterAll);
  await new Promise<void>((listening) => registry.listen(0, "127.0.0.1", listening));
  await onAws(root, ["bootstrap", "--environment", environment]);
}, 2 * MINUTES);

afterAll(async () => {
  if (inject("aws") === null) return;
  registry.close();
  await onAws(root, ["destroy", "--environment", environment, "--delete-data"]);
  execFileSync("docker", ["image", "rm", musl]);
}, 2 * MINUTES);

/** What `windlass deploy` says of an app with this image. */
async function deploy(
  image: string,
  env: NodeJS.ProcessEnv = {},
  options: readonly string[] = [],
): Promise<string> {
  const source = `
    import { App, Image } from "windlass";
    export const app = new App("built", { image: ${image} });
    export const f = app.function("f", () => 1);
  `;
  writeFiles(root, { "app.ts": source });
  const { port } = registry.address() as AddressInfo;
  const ecr = { AWS_ENDPOINT_URL_ECR: `http://127.0.0.1:${port}`, DOCKER_CONFIG: root, ...env };
  const args = ["deploy", "app.ts", "--name", unique("built"), "--environment", environment];
  const { code, stderr } = await onAws(root, [...args, ...options], ecr);
  expect(code).toBe(1);
  return stderr;
}

describe("an image that cannot be built is told with its fix", () => {
  awsTest("when a command of it fails", async () => {
    const image = 'Image.debianSlim().runCommands("echo no such model >&2; exit 3")';
    const said = await deploy(image);
    expect(said).toContain("error[WINDLASS_IMAGE_NOT_BUILT]");
    expect(said).toContain("no such model");
    expect(said).toContain("windlass image build");
  });

  awsTest("when its base has no glibc", async () => {
    const said = await deploy(`Image.fromRegistry(${JSON.stringify(musl)})`);
    expect(said).toContain("error[WINDLASS_IMAGE_WITHOUT_GLIBC]");
    expect(said).toContain("python:3.12-slim");
  });

  awsTest("when Docker is to build it and is not there", async () => {
    const env = { CDK_DOCKER: "no-docker" };
    const said = await deploy('Image.debianSlim().env({ A: "1" })', env, ["--build", "docker"]);
    expect(said).toContain("error[WINDLASS_NO_DOCKER]");
    expect(said).toContain("--build codebuild");
    expect(said).toContain("--image");
  });
});

describe("a machine without Docker", () => {
  const name = unique("built");
  const deployed = async (memoryMiB: number, answer: number, env: NodeJS.ProcessEnv = {}) => {
    const source = `
      import { App } from "windlass";
      export const app = new App("built");
      export const f = app.function("f", { memoryMiB: ${memoryMiB} }, () => ${answer});
    `;
    writeFiles(root, { "app.ts": source });
    const args = ["deploy", "app.ts", "--name", name, "--environment", environment, "--json"];
    const { code, stdout, stderr } = await onAws(root, args, env);
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    return { changed: JSON.parse(stdout).resources, said: stderr };
  };

  afterAll(async () => {
    if (inject("aws") === null) return;
    await onAws(root, ["destroy", name, "--environment", environment, "--delete-data"]);
  }, 2 * MINUTES);

  const title = "deploys code, and options with an image that Docker has built elsewhere";
  awsTest(title, { timeout: 4 * MINUTES }, async () => {
    await deployed(256, 1);
    const withoutDocker = { CDK_DOCKER: "no-docker" };

    const code = await deployed(256, 2, withoutDocker);
    const options = await deployed(512, 2, withoutDocker);

    expect(code.changed).toBe(0);
    expect(code.said).toMatch(/^ {2}~ code: hash \w{7} → \w{7}\n$/);
    expect(options.changed).toBeGreaterThan(0);
    expect(options.said).not.toContain("CodeBuild");
  });
});

// The emulator has no CodeBuild: what it would get is tested as a template, by test/cdk/image-builds.test.ts.
awsTest("the end of a build's log is read from CloudWatch", async () => {
  const logs = new CloudWatchLogsClient(aws);
  const log = { group: unique("/aws/codebuild/images"), stream: "0c1d" };
  const named = { logGroupName: log.group, logStreamName: log.stream };
  await logs.send(new CreateLogGroupCommand(named));
  await logs.send(new CreateLogStreamCommand(named));
  const timestamp = Date.now();
  const logEvents = ["one\n", "two\nthree\n"].map((message) => ({ timestamp, message }));
  await logs.send(new PutLogEventsCommand({ ...named, logEvents }));
  for (const [name, value] of Object.entries(AWS_ENV)) vi.stubEnv(name, value);

  expect(await cloudWatchBuildLogs().read(log)).toEqual(["one", "two", "three"]);

  vi.unstubAllEnvs();
  await logs.send(new DeleteLogGroupCommand(named));
});
