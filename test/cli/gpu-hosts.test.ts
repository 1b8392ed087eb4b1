import { expect, test } from "vitest";
import { hasGpu } from "../../lib/local/gpu-here.ts";
import { appProject, report, windlass } from "./cli.ts";
import { fakeAws } from "./fake-aws.ts";

const APP = `
import { App } from "windlass";
export const app = new App("media");
export const train = app.function("train", { gpu: "A100-80GB" }, () => 1);
export const embed = app.function("embed", { gpu: ["H100", "L4"], spot: "never" }, () => 2);`;

/** An environment that says what its dearest host may cost, or nothing. */
function facts(limit: string | undefined, total: string | undefined): object {
  const values = { version: "1", "table-name": "rows", "bucket-name": "objects" };
  return {
    Parameters: Object.entries({
      ...values,
      ...(limit !== undefined && { "max-hourly-usd": limit }),
      ...(total !== undefined && { "max-total-hourly-usd": total }),
    }).map(([name, Value]) => ({ Name: `/windlass/default/${name}`, Value })),
  };
}

async function deploy(limit?: string, total?: string): Promise<string> {
  const root = appProject({ "app.ts": APP });
  // The deployment ends at the first look at the table.
  const operations = {
    GetParametersByPath: facts(limit, total),
    GetItem: { error: "AccessDeniedException", message: "that far" },
  };
  const env = { HOME: root, CDK_HOME: root, ...(await fakeAws(operations)) };
  return report(root, await windlass(root, ["deploy", "app.ts"], env));
}

test("a deployment refuses a function whose cheapest host is above the limit, before anything else", async () => {
  expect(await deploy()).toMatchInlineSnapshot(`
    "error[WINDLASS_HOST_TOO_DEAR] function "train" asks for A100-80GB: p4de.24xlarge costs $27.46/h, above the limit of $10/h a host
    hint: ask for H100 on p5.4xlarge (16 vCPUs, 256 GiB), $6.90/h, or for RTX-PRO-6000 on g7e.2xlarge (8 vCPUs, 64 GiB), $3.38/h, or for RTX-PRO-6000:2 on g7e.12xlarge (48 vCPUs, 512 GiB), $8.30/h; or raise the limit of the environment: \`npx windlass bootstrap --max-hourly-usd 28\`, in the CDK \`maxHourlyUsd: 28\`
    exit 1"
  `);
  expect(await deploy("27")).toContain("above the limit of $27/h a host");
});

test("and goes on where the environment's limit is higher", async () => {
  const text = await deploy("28");
  expect(text).toContain("that far");
  expect(text).not.toContain("WINDLASS_HOST_TOO_DEAR");
});

test("bootstrap refuses a limit that is no amount of dollars", async () => {
  const root = appProject({ "app.ts": APP });
  for (const limit of ["0", "-3", "ten"]) {
    const outcome = await windlass(root, ["bootstrap", `--max-hourly-usd=${limit}`]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain("error[WINDLASS_INVALID_MAX_HOURLY_USD]");
    expect(outcome.stderr).toContain(`must be a number of dollars above 0, got "${limit}"`);
  }
});

test("nor limits of all hosts together that are no numbers", async () => {
  const root = appProject({ "app.ts": APP });
  for (const limit of ["0", "1.5", "many"]) {
    const { code, stderr } = await windlass(root, ["bootstrap", `--max-hosts=${limit}`]);
    expect(code).toBe(2);
    expect(stderr).toContain("error[WINDLASS_INVALID_MAX_HOSTS]");
    expect(stderr).toContain(`must be a whole number above 0 or "none", got "${limit}"`);
  }
  const { stderr } = await windlass(root, ["bootstrap", "--max-total-hourly-usd=-1"]);
  expect(stderr).toContain("error[WINDLASS_INVALID_MAX_TOTAL_HOURLY_USD]");
  expect(stderr).toContain('must be a number of dollars above 0 or "none", got "-1"');
});

test("a deployment refuses a function whose cheapest host is above the limit of all hosts", async () => {
  const text = await deploy("28", "27");
  expect(text).toContain("p4de.24xlarge costs $27.46/h, above the limit of $27/h for all hosts");
  expect(text).toContain(
    "bootstrap --max-total-hourly-usd 28`, in the CDK `maxTotalHourlyUsd: 28`",
  );
  expect(await deploy("28", "none")).toContain("that far");
});

test.skipIf(hasGpu())("a run on this machine says what its GPU would cost on AWS", async () => {
  const root = appProject({ "app.ts": APP });
  const { stdout, stderr } = await windlass(root, ["run", "app.ts::embed"]);
  expect(stdout).toBe("2\n");
  expect(stderr).toContain("notice: on AWS, embed: H100 on p5.4xlarge, $6.90/h\n");
  const quiet = await windlass(root, ["run", "--quiet", "app.ts::embed"]);
  expect(quiet.stderr).toBe("");
});
