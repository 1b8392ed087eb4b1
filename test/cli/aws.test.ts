import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { templateHash } from "../../cdk/toolkit/template-hash.ts";
import { sha256 } from "../../lib/sha256.ts";
import { writeFiles } from "../bundle/temp-project.ts";
import { appProject, type Outcome, programWithout, report, windlass } from "./cli.ts";
import { type Answer, facts, fakeAws } from "./fake-aws.ts";

const APP = `import { App } from "windlass";
export const app = new App("media");
export const resize = app.function("resize", () => 1);`;

/** A stack in this status. */
function stack(status: string, outputs = ""): string {
  return `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
    <StackName>Windlass-default-media</StackName><StackId>stack-1</StackId>
    <StackStatus>${status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>
    <Outputs>${outputs}</Outputs>
  </member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

const NO_ROW = {};
const READY = { GetParametersByPath: facts("1"), GetItem: NO_ROW };
const DENIED = {
  error: "AccessDeniedException",
  message:
    "User: arn:aws:iam::1:user/ada is not authorized to perform: ssm:GetParametersByPath on resource: x",
};
const IDENTITY =
  "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/ada</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>";

async function reportOf(
  args: readonly string[],
  operations: Readonly<Record<string, Answer>>,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const root = appProject({ "app.ts": APP });
  // Neither this machine's profile nor what the CDK has remembered of other accounts.
  const home = { HOME: root, CDK_HOME: root, ...(await fakeAws(operations)) };
  const outcome: Outcome = await windlass(root, args, { ...home, ...env });
  return report(root, outcome);
}

const deploy = (
  operations: Readonly<Record<string, Answer>>,
  env: NodeJS.ProcessEnv = {},
): Promise<string> => reportOf(["deploy", "app.ts"], operations, env);

test("no credentials", async () => {
  const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  expect(await deploy({}, none)).toMatchInlineSnapshot(`
    "error[WINDLASS_AWS_NO_CREDENTIALS] cannot read the parameters of environment "default": no AWS credentials were found (CredentialsProviderError: Could not load credentials from any providers)
    hint: run \`aws sso login\` or \`aws configure\`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    exit 1"
  `);
});

test("no region", async () => {
  expect(await deploy({}, { AWS_REGION: undefined })).toMatchInlineSnapshot(`
    "error[WINDLASS_AWS_NO_REGION] cannot read the parameters of environment "default": no AWS region was given (Error: Region is missing)
    hint: set AWS_REGION, or \`region\` in the profile of ~/.aws/config
    exit 1"
  `);
});

test("an action that these credentials may not do", async () => {
  expect(await deploy({ GetParametersByPath: DENIED })).toMatchInlineSnapshot(`
    "error[WINDLASS_AWS_ACCESS_DENIED] cannot read the parameters of environment "default": AWS refused it to these credentials (AccessDeniedException: User: arn:aws:iam::1:user/ada is not authorized to perform: ssm:GetParametersByPath on resource: x)
    hint: allow ssm:GetParametersByPath to this user or role, or use another AWS_PROFILE
    exit 1"
  `);
});

test("an account without the environment", async () => {
  expect(await deploy({ GetParametersByPath: { Parameters: [] } })).toMatchInlineSnapshot(`
    "error[WINDLASS_NOT_BOOTSTRAPPED] there is no Windlass environment "default" in this account and region
    hint: run \`npx windlass bootstrap\`, or look at AWS_PROFILE and AWS_REGION
    exit 1"
  `);
});

test("an environment that is too old", async () => {
  expect(await deploy({ GetParametersByPath: facts("0") })).toMatchInlineSnapshot(`
    "error[WINDLASS_ENVIRONMENT_VERSION] environment "default" has version 0, this Windlass needs 1
    hint: run \`npx windlass bootstrap\`, which upgrades it, or use a newer windlass
    exit 1"
  `);
});

/** Enough of AWS for the CDK to come to the image, which is not in the registry. */
const WITHOUT_IMAGE = {
  ...READY,
  GetCallerIdentity: IDENTITY,
  DescribeStacks: { error: "ValidationError", message: "Stack with id x does not exist" },
  GetParameter: { Parameter: { Name: "version", Value: "30" } },
  AssumeRole: `<AssumeRoleResponse><AssumeRoleResult><Credentials>
    <AccessKeyId>a</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
    <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  s3: "<ListBucketResult><KeyCount>1</KeyCount><Contents><Key>all</Key></Contents></ListBucketResult>",
  DescribeRepositories: {
    repositories: [{ repositoryUri: "111122223333.dkr.ecr.us-east-1.amazonaws.com/assets" }],
  },
  GetAuthorizationToken: {
    authorizationData: [
      {
        authorizationToken: Buffer.from("AWS:password").toString("base64"),
        proxyEndpoint: "https://111122223333.dkr.ecr.us-east-1.amazonaws.com",
      },
    ],
  },
  DescribeImages: { error: "ImageNotFoundException", message: "no such image" },
};

test("a machine without Docker, where Docker is to build an image", async () => {
  const args = ["deploy", "app.ts", "--build", "docker"];
  const env = { PATH: "/nonexistent" };
  expect(await reportOf(args, WITHOUT_IMAGE, env)).toMatchInlineSnapshot(`
    "error[WINDLASS_NO_DOCKER] images are built by Docker, which fails:
      Failed to find and execute 'docker' while attempting to build a container asset. Please install 'docker' and try again. (Or set the 'CDK_DOCKER ' environment variable to choose a different compatible container client.)
    hint: install or start Docker; or have CodeBuild build the image, with \`--build codebuild\`; or build it elsewhere and pass \`--image <hash>=<uri>\`
    exit 1"
  `);
});

test("an image that cannot be built", async () => {
  const root = appProject({
    "app.ts": APP,
    "bin/docker":
      "#!/bin/sh\ncase $1 in version | login) ;; inspect) exit 1 ;; *) echo E: no package ffmpegg >&2; exit 100 ;; esac\n",
  });
  chmodSync(join(root, "bin/docker"), 0o755);
  const env = { ...(await fakeAws(WITHOUT_IMAGE)), HOME: root, CDK_HOME: root };

  const outcome = await windlass(root, ["deploy", "app.ts"], { ...env, PATH: `${root}/bin:/bin` });

  // The hash is over the agent as well, which changes with each build.
  const text = report(root, outcome).replace(/cdkasset-[0-9a-f]+/, "HASH");
  expect(text).toMatchInlineSnapshot(`
    "E: no package ffmpegg
    error[WINDLASS_IMAGE_NOT_BUILT] an image could not be built:
      docker build --tag HASH --platform linux/amd64 . exited with error code 100: E: no package ffmpegg
    hint: look at the last command above; \`windlass image build --print\` prints the Dockerfile of each image
    exit 1"
  `);
});

test("an image that the app does not have", async () => {
  const args = ["deploy", "app.ts", "--image", "0123456789ab=repository:tag"];
  expect(await reportOf(args, READY)).toMatchInlineSnapshot(`
    "error[WINDLASS_UNKNOWN_IMAGE] \`--image\` must be <hash>=<uri> with the hash of an image of the app, got "0123456789ab=repository:tag"
    hint: \`windlass spec\` prints the app's images with their hashes
    exit 2"
  `);
});

test("a name that is too long", async () => {
  const args = ["deploy", "app.ts", "--name", "x".repeat(65)];
  expect(await reportOf(args, READY)).toMatchInlineSnapshot(`
    "error[WINDLASS_INVALID_APP_NAME] the name of an App must be 1 to 64 letters, digits, ., _ or -, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    hint: name it with the first argument, for instance "media"
    exit 1"
  `);
});

test("a stack that is being changed", async () => {
  const DescribeStacks = stack("UPDATE_IN_PROGRESS");
  expect(await deploy({ ...READY, DescribeStacks })).toMatchInlineSnapshot(`
    "error[WINDLASS_STACK_BUSY] stack Windlass-default-media is being changed by another deployment (UPDATE_IN_PROGRESS)
    hint: wait until it is done, or end it with \`aws cloudformation cancel-update-stack --stack-name Windlass-default-media\`
    exit 1"
  `);
});

test("a stack that could not be brought back", async () => {
  const DescribeStacks = stack("UPDATE_ROLLBACK_FAILED");
  expect(await deploy({ ...READY, DescribeStacks })).toMatchInlineSnapshot(`
    "error[WINDLASS_STACK_STUCK] stack Windlass-default-media could neither be updated nor brought back (UPDATE_ROLLBACK_FAILED)
    hint: mend the cause, then run \`aws cloudformation continue-update-rollback --stack-name Windlass-default-media\` and deploy again; \`--resources-to-skip\` leaves out a resource that cannot be mended
    exit 1"
  `);
});

test("a stack that could not be removed", async () => {
  const DescribeStacks = stack("ROLLBACK_FAILED");
  expect(await deploy({ ...READY, DescribeStacks })).toMatchInlineSnapshot(`
    "error[WINDLASS_STACK_BROKEN] stack Windlass-default-media could not be removed after it failed (ROLLBACK_FAILED)
    hint: run \`aws cloudformation delete-stack --stack-name Windlass-default-media\`, look at its events if that fails, then deploy again
    exit 1"
  `);
});

test("a stack whose creation had failed, and that may not be removed", async () => {
  const [image] = (await specOf()).images;
  const operations = {
    ...WITHOUT_IMAGE,
    DescribeStacks: stack("ROLLBACK_COMPLETE"),
    GetTemplate:
      "<GetTemplateResponse><GetTemplateResult><TemplateBody>{}</TemplateBody></GetTemplateResult></GetTemplateResponse>",
    DeleteStack: {
      error: "AccessDenied",
      message: "not authorized to perform: cloudformation:DeleteStack",
    },
  };
  const args = ["deploy", "app.ts", "--image", `${image?.hash}=repository:tag`];
  expect(await reportOf(args, operations)).toMatchInlineSnapshot(`
    "✓ removing the stack Windlass-default-media, whose creation had failed
    error[WINDLASS_AWS_ACCESS_DENIED] cannot deploy the stack Windlass-default-media: AWS refused it to these credentials (AccessDenied: not authorized to perform: cloudformation:DeleteStack)
    hint: allow cloudformation:DeleteStack to this user or role, or use another AWS_PROFILE
    exit 1"
  `);
});

test("a stack of that name which is something else", async () => {
  const DescribeStacks = stack("CREATE_COMPLETE");
  expect(await deploy({ ...READY, DescribeStacks })).toMatchInlineSnapshot(`
    "error[WINDLASS_STACK_TAKEN] there is a stack Windlass-default-media that is not app "media" of environment "default"
    hint: deploy with another name (\`--name\`), or in another account or region
    exit 1"
  `);
});

test("an app that another stack has deployed", async () => {
  const owner = "arn:aws:cloudformation:us-east-1:1:stack/Media/1/Deployment";
  const body = { number: 1, owner, codeHash: "code", templateHash: "" };
  const GetItem = {
    Item: {
      pk: { S: "media#deployment" },
      sk: { S: "current" },
      body: { S: JSON.stringify(body) },
      version: { N: "1" },
    },
  };
  const DescribeStacks = { error: "ValidationError", message: "Stack with id x does not exist" };
  const told = await deploy({ ...READY, GetItem, DescribeStacks });
  expect(told.replace(/(stack|code): .*/g, "$1: …")).toMatchInlineSnapshot(`
    "  ~ stack: …
      ~ code: …
    error[WINDLASS_APP_EXISTS] app "media" is deployed in environment "default" by the stack Media
    hint: deploy that stack with \`cdk deploy\`, or give this app another name with \`--name\`
    exit 1"
  `);
});

test("an account that is not bootstrapped for the CDK", async () => {
  const hash = (await specOf()).images[0]?.hash;
  const operations = {
    ...READY,
    DescribeStacks: { error: "ValidationError", message: "Stack with id x does not exist" },
    GetCallerIdentity: IDENTITY,
    GetParameter: { error: "ParameterNotFound", message: "not there" },
    AssumeRole: { error: "AccessDenied", message: "no such role" },
  };
  const args = ["deploy", "app.ts", "--image", `${hash}=repository:tag`];
  expect(await reportOf(args, operations)).toMatchInlineSnapshot(`
    "error[WINDLASS_CDK_NOT_BOOTSTRAPPED] account 111122223333 is not bootstrapped for the CDK in region us-east-1
    hint: run \`npx windlass bootstrap\`
    exit 1"
  `);
});

async function specOf(): Promise<{ readonly images: readonly { readonly hash: string }[] }> {
  const { stdout } = await windlass(appProject({ "app.ts": APP }), ["spec", "app.ts"]);
  return JSON.parse(stdout) as { images: { hash: string }[] };
}

test("a service-linked role that may not be created", async () => {
  const operations = {
    GetCallerIdentity: IDENTITY,
    ListRoles:
      "<ListRolesResponse><ListRolesResult><Roles></Roles></ListRolesResult></ListRolesResponse>",
    CreateServiceLinkedRole: { error: "AccessDenied", message: "User is not authorized" },
    GetServiceQuota: { error: "AccessDeniedException", message: "no" },
    GetParameter: { error: "ParameterNotFound", message: "not there" },
  };
  expect(await reportOf(["bootstrap"], operations)).toMatchInlineSnapshot(`
    "✓ account 111122223333, region us-east-1
    error[WINDLASS_SERVICE_LINKED_ROLE] the service-linked role of ecs.amazonaws.com is missing and could not be created: AccessDenied: User is not authorized
    hint: have an administrator run \`aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com\`
    exit 1"
  `);
});

test("an environment that a newer Windlass has made", async () => {
  const operations = {
    GetCallerIdentity: IDENTITY,
    ListRoles:
      "<ListRolesResponse><ListRolesResult><Roles><member><RoleName>r</RoleName><Path>/</Path><RoleId>i</RoleId><Arn>a</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></member></Roles></ListRolesResult></ListRolesResponse>",
    GetServiceQuota: { error: "AccessDeniedException", message: "no" },
    GetParameter: { Parameter: { Name: "version", Value: "9" } },
  };
  expect(await reportOf(["bootstrap"], operations)).toMatchInlineSnapshot(`
    "✓ account 111122223333, region us-east-1
    error[WINDLASS_ENVIRONMENT_NEWER] environment "default" has version 9, this Windlass makes 1
    hint: use a newer windlass: \`npm install windlass@latest\`
    exit 1"
  `);
});

test("a name that no environment can have", async () => {
  const args = ["bootstrap", "--environment", "my env"];
  expect(await reportOf(args, {})).toMatchInlineSnapshot(`
    "error[WINDLASS_INVALID_ENVIRONMENT_NAME] the name of an environment must be 1 to 32 letters, digits or -, got "my env"
    hint: choose another, for instance \`--environment staging\`
    exit 2"
  `);
});

test("nothing named to destroy", async () => {
  expect(await reportOf(["destroy"], {})).toMatchInlineSnapshot(`
    "error[WINDLASS_NOTHING_NAMED] \`windlass destroy\` needs the name of an app
    hint: write \`windlass destroy media\`, or \`windlass destroy --environment staging\` for an environment
    exit 2"
  `);
});

test("a project without the packages of the CDK", async () => {
  const root = appProject({});
  const main = programWithout(root, /^(@aws-cdk|aws-cdk-lib)$/);
  writeFiles(root, { "app.ts": APP });

  const { status, stderr } = spawnSync(process.execPath, [main, "deploy", "app.ts"], {
    cwd: root,
    encoding: "utf8",
  });

  expect(`${stderr}exit ${status}`).toMatchInlineSnapshot(`
    "error[WINDLASS_CDK_MISSING] deploying needs @aws-cdk/toolkit-lib, which is not installed
    hint: run \`npm install --save-dev --save-exact @aws-cdk/toolkit-lib@1.40.0\`
    exit 1"
  `);
});

test("credentials that may not wake the controller", async () => {
  const app = APP.replace("() => 1", "{ minContainers: 1 }, () => 1");
  const root = appProject({ "app.ts": app });
  const { stdout: spec } = await windlass(root, ["spec", "app.ts"]);
  const row = {
    ...{ number: 1, codeHash: "other", specHash: sha256(spec), until: 0, removed: {} },
    templateHash: templateHash({
      spec,
      environment: "default",
      images: {},
      shards: undefined,
      web: undefined,
    }),
  };
  const env = await fakeAws({
    GetParametersByPath: facts("1"),
    GetItem: { Item: { body: { S: JSON.stringify(row) }, version: { N: "1" } } },
    TransactWriteItems: {},
    s3: "",
  });
  const outcome = await windlass(root, ["deploy", "app.ts"], env);

  expect(outcome.stderr).toMatch(
    /notice\[WINDLASS_NOT_WOKEN\] containers of `minContainers` start within a minute, not at once/,
  );
  expect(outcome.stderr).toContain("hint: allow lambda:InvokeFunction");
  expect(outcome.stdout).toContain(
    "Deployed media to environment default: deployment 2, code only",
  );
  expect(outcome.code).toBe(0);
});
