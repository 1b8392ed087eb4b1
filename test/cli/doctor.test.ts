import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appProject, type Outcome, windlass } from "./cli.ts";
import { facts, fakeAws } from "./fake-aws.ts";

type Operations = Parameters<typeof fakeAws>[0];

const APP = `
import { App } from "windlass";
export const app = new App("media");
app.function("resize", () => 0);
app.function("embed", { gpu: ["H100", "L4"] }, () => 1);
app.function("train", { gpu: "H100", spot: "never" }, () => 2);
app.function("draw", { gpu: "T4" }, () => 3);
app.function("dear", { gpu: "A100-80GB" }, () => 4);`;

const DRAW = `
import { App } from "windlass";
export const app = new App("draw");
app.function("draw", { gpu: "T4" }, () => 3);`;

/** Quotas by their codes: G on demand and spot, P on demand and spot, others on demand and spot. */
const QUOTAS: Readonly<Record<string, number>> = {
  ...{ "L-DB2E81BA": 8, "L-3819A6DF": 0, "L-417A185B": 0, "L-7212CCBC": 0 },
  ...{ "L-1216C47A": 64, "L-34B43A08": 64 },
};
const IDENTITY =
  "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

function roles(count: number): string {
  const role = "<member><RoleName>r</RoleName></member>".repeat(count);
  return `<ListRolesResponse><ListRolesResult><Roles>${role}</Roles></ListRolesResult></ListRolesResponse>`;
}

function quota(body: string): object {
  const { QuotaCode } = JSON.parse(body) as { readonly QuotaCode: string };
  return { Quota: { Value: QUOTAS[QuotaCode] } };
}

function score(body: string): string {
  const value = body.includes("g4dn.xlarge") ? 9 : 2;
  return `<GetSpotPlacementScoresResponse><spotPlacementScoreSet><item><region>us-east-1</region><score>${value}</score></item></spotPlacementScoreSet></GetSpotPlacementScoresResponse>`;
}

const READY: Operations = {
  GetCallerIdentity: IDENTITY,
  GetParametersByPath: facts("1"),
  ListRoles: roles(1),
  GetServiceQuota: quota,
  GetSpotPlacementScores: score,
};

interface Given {
  readonly args?: readonly string[];
  readonly operations?: Operations;
  readonly env?: NodeJS.ProcessEnv;
  /** Programs of the machine that succeed. */
  readonly programs?: readonly string[];
}

async function doctor(given: Given = {}): Promise<Outcome> {
  const { args = [], operations = {}, env = {}, programs = ["docker", "python3"] } = given;
  const files = programs.map((name) => [`bin/${name}`, "#!/bin/sh\necho Python 3.12.1\n"]);
  const root = appProject({ "app.ts": APP, "draw.ts": DRAW, ...Object.fromEntries(files) });
  for (const name of programs) chmodSync(join(root, "bin", name), 0o755);
  const aws = await fakeAws({ ...READY, ...operations });
  const home = { HOME: root, PATH: join(root, "bin"), WINDLASS_BUILD: undefined };
  return await windlass(root, ["doctor", ...args], { ...home, ...aws, ...env });
}

async function reportOf(given: Given): Promise<string> {
  const { stdout, stderr, code } = await doctor(given);
  return `${stdout}${stderr}exit ${code}`;
}

test("an account that is ready is told so, and only warned of what an app without GPUs never needs", async () => {
  expect(await reportOf({})).toMatchInlineSnapshot(`
    "ok    credentials: of account 111122223333
    ok    region: us-east-1
    ok    environment: "default" is bootstrapped, version 1
    ok    service-linked roles: of ECS, EC2 Spot and EC2 Fleet are there
    ok    quota of standard instances: 64 vCPUs on demand, 64 spot
    ok    quota of G and VT instances: 8 vCPUs on demand, 0 spot
    warn  quota of P instances: 0 vCPUs on demand, 0 spot
          fix: ask for more: \`aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-417A185B --desired-value 8\`
    ok    docker: builds images here
    ok    python: Python 3.12.1
    exit 0"
  `);
});

test("functions are told which hosts they want and whether quotas let them have these", async () => {
  expect(await reportOf({ args: ["app.ts"] })).toMatchInlineSnapshot(`
    "ok    credentials: of account 111122223333
    ok    region: us-east-1
    ok    environment: "default" is bootstrapped, version 1
    ok    service-linked roles: of ECS, EC2 Spot and EC2 Fleet are there
    ok    quota of standard instances: 64 vCPUs on demand, 64 spot
    ok    quota of G and VT instances: 8 vCPUs on demand, 0 spot
    warn  quota of P instances: 0 vCPUs on demand, 0 spot
          fix: ask for more: \`aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-417A185B --desired-value 8\`
    fail  hosts: function "dear" asks for A100-80GB: p4de.24xlarge costs $27.46/h, above the limit of $10/h a host
          fix: ask for H100 on p5.4xlarge (16 vCPUs, 256 GiB), $6.90/h, or for RTX-PRO-6000 on g7e.2xlarge (8 vCPUs, 64 GiB), $3.38/h, or for RTX-PRO-6000:2 on g7e.12xlarge (48 vCPUs, 512 GiB), $8.30/h; or raise the limit of the environment: \`npx windlass bootstrap --max-hourly-usd 28\`, in the CDK \`maxHourlyUsd: 28\`
    warn  function draw: g4dn.xlarge has 4 vCPUs, the quota of G and VT is 0 spot and 8 on demand
          fix: ask for more: \`aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-3819A6DF --desired-value 4\`
    warn  function embed: p5.4xlarge has 16 vCPUs, the quota of P is 0 spot and 0 on demand
          fix: ask for more: \`aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-7212CCBC --desired-value 16\`; ask for more: \`aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-417A185B --desired-value 16\`
    fail  function train: p5.4xlarge has 16 vCPUs, the quota of P is 0 on demand
          fix: ask for more: \`aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-417A185B --desired-value 16\`
    ok    spot g4dn.xlarge: EC2 gives it 9 of 10 in us-east-1 now
    warn  spot p5.4xlarge: EC2 gives it 2 of 10 in us-east-1 now
          fix: list another GPU after it, or use another region
    ok    docker: builds images here
    ok    python: Python 3.12.1
    exit 1"
  `);
});

test("an account without anything", async () => {
  const operations = { GetParametersByPath: { Parameters: [] }, ListRoles: roles(0) };
  expect(await reportOf({ operations, programs: [] })).toMatchInlineSnapshot(`
    "ok    credentials: of account 111122223333
    ok    region: us-east-1
    fail  environment: there is no Windlass environment "default" in this account and region
          fix: run \`npx windlass bootstrap\`, or look at AWS_PROFILE and AWS_REGION
    fail  service-linked roles: missing: ECS, EC2 Spot, EC2 Fleet
          fix: run \`npx windlass bootstrap\`, which creates them
    ok    quota of standard instances: 64 vCPUs on demand, 64 spot
    ok    quota of G and VT instances: 8 vCPUs on demand, 0 spot
    warn  quota of P instances: 0 vCPUs on demand, 0 spot
          fix: ask for more: \`aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-417A185B --desired-value 8\`
    warn  docker: no Docker here: AWS CodeBuild builds images, which takes minutes
          fix: install or start Docker
    warn  python: no python3 here: what runs in Python runs in containers alone
          fix: install Python 3
    exit 1"
  `);
});

test("without credentials only this machine is looked at", async () => {
  const env = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  expect(await reportOf({ env })).toMatchInlineSnapshot(`
    "fail  credentials: cannot ask AWS whose credentials these are: no AWS credentials were found (CredentialsProviderError: Could not load credentials from any providers)
          fix: run \`aws sso login\` or \`aws configure\`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    ok    docker: builds images here
    ok    python: Python 3.12.1
    exit 1"
  `);
});

test("without a region too", async () => {
  expect(await reportOf({ env: { AWS_REGION: undefined } })).toMatch(
    /^fail {2}region: cannot ask AWS whose credentials these are: no AWS region was given/,
  );
});

test("what these credentials may not look at is a warning", async () => {
  const denied = { error: "AccessDenied", message: "not authorized to perform: iam:ListRoles" };
  const operations = { ListRoles: denied, GetServiceQuota: denied, GetSpotPlacementScores: denied };
  const ran = await doctor({ operations, args: ["draw.ts"] });
  expect(ran.stdout).toContain("warn  service-linked roles: cannot look for");
  expect(ran.stdout).toContain("fix: allow iam:ListRoles to this user or role");
  expect(ran.stdout).toContain("fix: allow servicequotas:GetServiceQuota");
  expect(ran.stdout).toContain(
    "warn  function draw: g4dn.xlarge has 4 vCPUs, the quota of G and VT is an",
  );
  expect(ran.stdout).toContain(
    "warn  spot g4dn.xlarge: cannot ask how likely a spot g4dn.xlarge is",
  );
  expect(ran.code).toBe(0);
});

test("--json prints an array", async () => {
  const ran = await doctor({ args: ["app.ts", "--json"] });
  const checks = JSON.parse(ran.stdout) as object[];
  expect(ran.stdout.split("\n")).toHaveLength(2);
  expect(checks).toContainEqual({
    ...{ subject: "credentials", status: "ok", message: "of account 111122223333", fix: null },
  });
  expect(checks).toContainEqual(
    expect.objectContaining({ subject: "function train", status: "fail" }),
  );
  expect(ran.code).toBe(1);
});
