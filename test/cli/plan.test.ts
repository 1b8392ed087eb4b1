import { describe, expect, test } from "vitest";
import { App } from "windlass";
import { sha256 } from "../../lib/sha256.ts";
import { appStack, toJson } from "../cdk/synth.ts";
import { appProject, type Outcome, report, windlass } from "./cli.ts";
import { facts, fakeAws } from "./fake-aws.ts";

type Operations = Parameters<typeof fakeAws>[0];

const APP = `
import { App, Secret } from "windlass";
export const app = new App("media");
app.function("resize", { memoryMiB: 2048, concurrency: { maxInputs: 8 } }, () => 0);
app.function("crop", { memoryMiB: 2048, concurrency: { maxInputs: 8 } }, () => 0);
app.function("embed", { gpu: "L4", minContainers: 1, uses: ["resize"], env: { TOKEN: "planted" } }, () => 1);`;

const IDENTITY =
  "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
const NO_STACK = {
  error: "ValidationError",
  message: "Stack with id Windlass-default-media does not exist",
};
const NO_OBJECTS = "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>";

/** An account with an environment in which nothing is deployed. */
const EMPTY: Operations = {
  GetCallerIdentity: IDENTITY,
  GetParametersByPath: facts("1"),
  GetItem: {},
  GetTemplate: NO_STACK,
  s3: NO_OBJECTS,
  DescribeLogGroups: { logGroups: [] },
  GetServiceQuota: { Quota: { Value: 8 } },
};
const NO_CREDENTIALS = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };

async function plan(
  args: readonly string[],
  { operations = {}, env = {} }: { operations?: Operations; env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome & { readonly root: string }> {
  const root = appProject({ "app.ts": APP });
  const aws = await fakeAws(operations);
  const home = { HOME: root, CDK_HOME: root, WINDLASS_BUILD: "docker" };
  const outcome = await windlass(root, ["plan", "app.ts", ...args], { ...home, ...aws, ...env });
  return { ...outcome, root };
}

/** A section of a plan, without its title. */
function section({ stdout }: Outcome, title: string): string {
  const found = stdout.split("\n\n").findIndex((text) => text.startsWith(title));
  return stdout.split("\n\n")[found]?.split("\n").slice(1).join("\n") ?? "";
}

/** The template that a stack with this app has. */
function deployedTemplate(app: App, change: (template: ReturnType<typeof toJson>) => void): string {
  const template = structuredClone(toJson(appStack({ app })));
  change(template);
  const body = JSON.stringify(template).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<GetTemplateResponse><GetTemplateResult><TemplateBody>${body}</TemplateBody></GetTemplateResult></GetTemplateResponse>`;
}

describe("without AWS", () => {
  test("a plan has all settings, who may do what, and what it costs", async () => {
    const outcome = await plan(["--offline"]);

    expect(outcome.stdout).toMatchSnapshot();
    expect(outcome.stdout).not.toContain("planted");
    expect(outcome.code).toBe(0);
  });

  test("no credentials are a note, and the plan goes on", async () => {
    const outcome = await plan([], { env: NO_CREDENTIALS });

    expect(section(outcome, "Notes")).toContain(
      "AWS was not asked: cannot ask AWS whose credentials these are: no AWS credentials were found",
    );
    expect(section(outcome, "Infrastructure")).toMatch(/what is deployed is not known$/);
    expect(outcome.code).toBe(0);
  });

  test("an account without the environment is a note, and quotas are looked at", async () => {
    const operations = { ...EMPTY, GetParametersByPath: { Parameters: [] } };
    const outcome = await plan([], { operations });

    expect(section(outcome, "Notes")).toContain('there is no Windlass environment "default"');
    expect(section(outcome, "Quotas")).toContain("g6.xlarge has 4 vCPUs");
    expect(outcome.code).toBe(0);
  });
});

test("where nothing is deployed, all is new", async () => {
  const outcome = await plan([], { operations: EMPTY });

  expect(outcome.stdout).toContain("Plan of media in environment default: nothing is deployed");
  expect(section(outcome, "Changes\n")).toBe("  all functions are new");
  expect(section(outcome, "Infrastructure")).toMatchInlineSnapshot(`
    "  all 10 resources are new:
      + 1 × AWS::ECS::TaskDefinition
      + 3 × AWS::IAM::Role
      + 1 × AWS::Logs::LogGroup
      + 4 × AWS::SQS::Queue
      + 1 × Custom::WindlassDeployment"
  `);
  expect(section(outcome, "Changes of access")).toBe("  all of that is new");
  expect(section(outcome, "Quotas")).toMatchInlineSnapshot(
    `"  ok    function embed: g6.xlarge has 4 vCPUs, the quota of G and VT is 8 spot and 8 on demand"`,
  );
});

describe("beside what is deployed", () => {
  const manifest = JSON.stringify({ functions: {} });
  const row = {
    number: 3,
    codeHash: sha256("code"),
    specHash: sha256("spec"),
    manifestKey: "manifests/media/1.json",
    at: 0,
    owner:
      "arn:aws:cloudformation:us-east-1:111122223333:stack/Windlass-default-media/1|Deployment",
    shards: "0",
    templateHash: sha256("template"),
    isAhead: false,
  };
  const deployedRow = { Item: { body: { S: JSON.stringify(row) }, version: { N: "1" } } };

  /** `resize` used to have no `uses` to it, `crop` is new, and the queue of `old` is no more. */
  function deployed(): Operations {
    const before = new App("media");
    before.function("resize", { memoryMiB: 2048, concurrency: { maxInputs: 8 } }, () => 0);
    before.function("old", () => 0);
    before.function("embed", { gpu: "L4", minContainers: 1, uses: ["old"] }, () => 1);
    const GetTemplate = deployedTemplate(before, ({ Resources }) => {
      for (const { Type, Properties } of Object.values(Resources)) {
        // Whether a queue is one of first in, first out cannot be changed.
        const tags = JSON.stringify(Properties?.Tags ?? "");
        if (Type === "AWS::SQS::Queue" && tags.includes('"resize"')) Properties.FifoQueue = true;
      }
    });
    return { ...EMPTY, GetItem: deployedRow, GetTemplate, s3: manifest };
  }

  test("what is added, removed, changed and replaced is told", async () => {
    const outcome = await plan(["--json"], { operations: deployed() });
    const { resources } = JSON.parse(outcome.stdout) as {
      readonly resources: readonly { kind: string; type: string; properties: string[] }[];
    };

    const queues = resources.filter(({ type }) => type === "AWS::SQS::Queue");
    expect(queues.map(({ kind, properties }) => [kind, ...properties])).toEqual([
      ["added"],
      ["removed"],
      ["replaced", "FifoQueue"],
    ]);
    expect(resources).toContainEqual(
      expect.objectContaining({ kind: "changed", type: "AWS::IAM::Role" }),
    );
  });

  test("access that is new and that is no more is told for each role, in words", async () => {
    const outcome = await plan([], { operations: deployed() });

    expect(section(outcome, "Changes of access")).toMatchInlineSnapshot(`
      "  containers of embed
          + count, send to the queues of media/resize
          + make, count, send to queues named windlass-default-721c9525ade2ea89-acd532d8-*
          - count, send to the queues of media/old
          - make, count, send to queues named windlass-default-721c9525ade2ea89-cba06b57-*"
    `);
  });

  test("what these credentials may not read is a note", async () => {
    const denied = {
      error: "AccessDenied",
      message: "User: x is not authorized to perform: cloudformation:GetTemplate",
    };
    const outcome = await plan([], { operations: { ...deployed(), GetTemplate: denied } });

    expect(section(outcome, "Notes")).toContain("cannot read the template of the stack");
    expect(section(outcome, "Changes of access")).toBe("  not known");
    expect(outcome.code).toBe(0);
  });
});

test("what is stored has its price", async () => {
  const s3 =
    "<ListBucketResult><KeyCount>1</KeyCount><Contents><Key>k</Key><Size>1073741824</Size></Contents></ListBucketResult>";
  const logGroups = [{ logGroupName: "/windlass/default/media", storedBytes: 2 ** 31 }];
  const operations = { ...EMPTY, s3, DescribeLogGroups: { logGroups } };
  const outcome = await plan([], { operations });

  const lines = section(outcome, "Cost at rest");
  expect(lines).toContain("$0.023   1.0 GiB at s3://objects/bundles/media/");
  expect(lines).toContain("$0.06    2.0 GiB at /windlass/default/media");
});

describe("--fail-over", () => {
  const failOver = (text: string): Promise<Outcome & { readonly root: string }> =>
    plan(["--offline", "--fail-over", text]);

  test("passes what costs less", async () => {
    const texts = ["1000USD", "1000", "$1000", "0.83USD/h"];
    const flags = texts.flatMap((text) => ["--fail-over", text]);
    expect((await plan(["--offline", ...flags])).code).toBe(0);
  });

  test("fails above so much a month at rest, after the plan", async () => {
    const outcome = await failOver("100USD");

    expect(outcome.stdout).toContain("Cost at rest");
    expect(report(outcome.root, outcome)).toMatchInlineSnapshot(`
      "error[WINDLASS_OVER_BUDGET] app "media" would cost $599.32 a month at rest, more than --fail-over 100USD allows
      hint: the most of it: 1 × g6.xlarge on demand, for minContainers of embed
      exit 1"
    `);
  });

  test("fails above so much an hour of a host", async () => {
    const outcome = await failOver("0.50USD/h");
    expect(report(outcome.root, outcome)).toMatchInlineSnapshot(`
      "error[WINDLASS_OVER_BUDGET] hosts of "embed" (g6.xlarge, $0.82/h) cost more than --fail-over 0.50USD/h allows
      hint: ask for a cheaper GPU, less CPU or less memory, or raise --fail-over
      exit 1"
    `);
  });
});

test("wrong options are refused", async () => {
  const texts: string[] = [];
  for (const args of [
    ["--fail-over", "much"],
    ["--fail-over", "5EUR"],
    ["--seconds-per-call", "0"],
    ["--seconds-per-call", "soon"],
  ]) {
    const outcome = await plan(["--offline", ...args]);
    texts.push(report(outcome.root, outcome));
  }
  expect(texts).toMatchInlineSnapshot(`
    [
      "error[WINDLASS_INVALID_FAIL_OVER] \`--fail-over\` must be dollars a month at rest or dollars an hour of a host, got "much"
    hint: write for instance \`--fail-over 100USD\` or \`--fail-over 2.50USD/h\`
    exit 2",
      "error[WINDLASS_INVALID_FAIL_OVER] \`--fail-over\` must be dollars a month at rest or dollars an hour of a host, got "5EUR"
    hint: write for instance \`--fail-over 100USD\` or \`--fail-over 2.50USD/h\`
    exit 2",
      "error[WINDLASS_INVALID_SECONDS_PER_CALL] \`--seconds-per-call\` must be a number of seconds above 0, got "0"
    hint: leave it out for 1 second, or give what \`windlass call report\` has measured
    exit 2",
      "error[WINDLASS_INVALID_SECONDS_PER_CALL] \`--seconds-per-call\` must be a number of seconds above 0, got "soon"
    hint: leave it out for 1 second, or give what \`windlass call report\` has measured
    exit 2",
    ]
  `);
});

test("what the environment has no host for is told with the plan, and fails as the deployment would", async () => {
  const root = appProject({
    "app.ts": `
import { App } from "windlass";
export const app = new App("media");
app.function("train", { gpu: "A100-80GB", minContainers: 1 }, () => 1);`,
  });
  const home = { HOME: root, CDK_HOME: root, WINDLASS_BUILD: "docker" };
  const online = await windlass(root, ["plan", "app.ts"], { ...home, ...(await fakeAws(EMPTY)) });
  const offline = await windlass(root, ["plan", "app.ts", "--offline"], home);

  const note = 'it cannot be deployed: function "train" asks for A100-80GB: p4de.24xlarge costs';
  for (const outcome of [online, offline]) expect(section(outcome, "Notes")).toContain(note);
  expect(online.stderr).toContain("WINDLASS_HOST_TOO_DEAR");
  expect([online.code, offline.code]).toEqual([1, 0]);
});
