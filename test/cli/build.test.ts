import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, expect, test } from "vitest";
import { writeFiles } from "../bundle/temp-project.ts";
import { appProject, programWithout, report, windlass } from "./cli.ts";
import { fakeAws } from "./fake-aws.ts";

const APP = `import { App } from "windlass";
export const app = new App("media");
export const resize = app.function("resize", () => 1);`;
const values = { version: "1", "table-name": "rows", "bucket-name": "objects" };
/** AWS up to an account that is not bootstrapped for the CDK, which is found when the stack is deployed. */
const READY = {
  GetParametersByPath: {
    Parameters: Object.entries(values).map(([name, Value]) => ({
      Name: `/windlass/default/${name}`,
      Value,
    })),
  },
  GetItem: {},
  DescribeStacks: { error: "ValidationError", message: "Stack with id x does not exist" },
  GetCallerIdentity:
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/ada</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>",
  GetParameter: { error: "ParameterNotFound", message: "not there" },
  AssumeRole: { error: "AccessDenied", message: "no such role" },
};
const root = appProject({ "app.ts": APP }, afterAll);

async function refused(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  return report(root, await windlass(root, args, { ...(await fakeAws({})), ...env }));
}

test("a builder that there is not", async () => {
  expect(await refused(["deploy", "app.ts", "--build", "podman"])).toMatchInlineSnapshot(`
    "error[WINDLASS_UNKNOWN_BUILDER] \`--build\` must be docker or codebuild, got "podman"
    hint: leave it out: Docker builds images where it can, else CodeBuild does
    exit 2"
  `);
});

test.each([[["deploy", "app.ts"]], [["run", "--on", "aws", "app.ts"]]])(
  "a builder that there is not, in the variable: %s",
  async (args) => {
    expect(await refused(args, { WINDLASS_BUILD: "kaniko" })).toMatch(
      /error\[WINDLASS_UNKNOWN_BUILDER\] `WINDLASS_BUILD` must be docker or codebuild, got "kaniko".*exit 2/s,
    );
  },
);

test("a machine without Docker has CodeBuild build, and says so before anything is deployed", async () => {
  const env = { ...(await fakeAws(READY)), HOME: root, CDK_HOME: root, CDK_DOCKER: "no-docker" };

  const { stderr } = await windlass(root, ["deploy", "app.ts"], env);

  expect(stderr).toMatch(
    /^✓ no Docker here: image [0-9a-f]{12} is built by CodeBuild\nerror\[WINDLASS_CDK_NOT_BOOTSTRAPPED\]/,
  );
});

test("a project without the library that has CodeBuild build", async () => {
  const main = programWithout(root, /^deploy-time-build$/);
  writeFiles(root, { "app.ts": APP });
  const env = { ...process.env, ...(await fakeAws(READY)), HOME: root, CDK_HOME: root };

  const args = [main, "deploy", "app.ts", "--build", "codebuild"];
  const child = spawn(process.execPath, args, { cwd: root, env });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");

  const text = stderr.replace(/[0-9a-f]{12}/, "HASH");
  expect(`${text}exit ${code}`).toMatchInlineSnapshot(`
    "✓ as asked: image HASH is built by CodeBuild
    error[WINDLASS_BUILD_LIBRARY_MISSING] building images by CodeBuild needs deploy-time-build, which is not installed
    hint: run \`npm install --save-dev --save-exact deploy-time-build@0.4.10\`, or have Docker build them
    exit 1"
  `);
});
