import { describe, expect, it } from "vitest";
import { describeDeployment } from "../../bin/deploy/describe-deployment.ts";
import { gpuLines } from "../../bin/deploy/gpu-lines.ts";
import { App } from "../../lib/app.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import type { FunctionOptions } from "../../lib/options/function-options.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import { firstOffers, hostMistakes } from "../../lib/scheduling/first-offers.ts";
import type { AppSpec } from "../../lib/spec.ts";

function specOf(functions: Readonly<Record<string, FunctionOptions<undefined>>>): AppSpec {
  const app = new App("media");
  for (const [name, options] of Object.entries(functions)) app.function(name, options, () => 1);
  return resolveSpec(app);
}

describe("the line of a function with a GPU", () => {
  const line = (options: FunctionOptions<undefined>, limit = 10): string =>
    gpuLines(firstOffers(specOf({ embed: options }).functions, { maxUsdPerHour: limit })).join(
      "\n",
    );

  it.each([
    [{ gpu: "L4" }, "embed: L4 on g6.xlarge, $0.82/h, spot first"],
    [{ gpu: "L4", spot: "require" }, "embed: L4 on g6.xlarge, spot only, up to $0.82/h"],
    [{ gpu: "L4", spot: "never" }, "embed: L4 on g6.xlarge, $0.82/h"],
    [{ gpu: "l4:2" }, "embed: L4:2 on g6.12xlarge (4 GPUs, shared), $4.62/h, spot first"],
    [{ gpu: "a10", memoryMiB: 20_000 }, "embed: A10G on g5.2xlarge, $1.23/h, spot first"],
    [{ gpu: "any" }, "embed: T4 on g4dn.xlarge, $0.54/h, spot first"],
    [
      { gpu: ["H200", "B200:2", "H100"] },
      "embed: H100 on p5.4xlarge, $6.90/h, spot first, for H200 and B200:2 costs too much",
    ],
  ] as const)("for %o", (options, text) => {
    expect(line(options)).toBe(text);
  });

  it("is missing where there is no GPU, or none below the limit", () => {
    expect(line({ cpu: 2 })).toBe("");
    expect(line({ gpu: "H100:8" })).toBe("");
  });

  it("follows the limit of the environment", () => {
    expect(line({ gpu: ["H200", "L4"], spot: "never" }, 64)).toBe(
      "embed: H200 on p5en.48xlarge (8 GPUs, shared), $63.31/h",
    );
  });

  it("is part of what a deployment tells, as text and as data", () => {
    const spec = specOf({ embed: { gpu: "L4" }, rank: { gpu: "L4:4", spot: "never" }, plain: {} });
    const { text, json } = describeDeployment({
      ...{ spec, resources: 3, environment: "default", seconds: "1.0 s", changes: [], urls: {} },
      ...{ isUnchanged: false, isDryRun: false },
      row: { number: 1, codeHash: "c", specHash: "s" } as DeploymentRow, // What it looks at.
      gpus: firstOffers(spec.functions, { maxUsdPerHour: 10 }),
    });
    expect(text.split("\n").slice(1, 4)).toEqual([
      "  functions  embed, plain, rank",
      "  gpu        embed: L4 on g6.xlarge, $0.82/h, spot first",
      "             rank: L4:4 on g6.12xlarge, $4.62/h",
    ]);
    expect(json).toMatchObject({
      gpus: [
        {
          ...{ function: "embed", gpu: "L4", gpus: 1, gpuMemoryMiB: 22_888 },
          ...{ instanceType: "g6.xlarge", hostGpus: 1, usdPerHour: 0.820759, spot: "prefer" },
        },
        { function: "rank", gpus: 4, spot: "never" },
      ],
    });
  });
});

describe("a function that no host can hold", () => {
  const mistakes = (
    functions: Parameters<typeof specOf>[0],
    maxUsdPerHour = 10,
    maxTotalUsdPerHour?: number,
  ): string[] =>
    hostMistakes(specOf(functions).functions, { maxUsdPerHour, maxTotalUsdPerHour }).map(
      ({ code, message, hint }) => `${code}\n${message}\nhint: ${hint}`,
    );

  it("below the limit is told the nearest shapes, and how to raise it", () => {
    expect(mistakes({ train: { gpu: "H100:8" } })).toEqual([
      [
        "WINDLASS_HOST_TOO_DEAR",
        'function "train" asks for H100:8: p5.48xlarge costs $55.06/h, above the limit of $10/h a host',
        "hint: ask for H100 on p5.4xlarge (16 vCPUs, 256 GiB), $6.90/h, or for RTX-PRO-6000:2 on g7e.12xlarge (48 vCPUs, 512 GiB), $8.30/h, or for RTX-PRO-6000 on g7e.2xlarge (8 vCPUs, 64 GiB), $3.38/h; or raise the limit of the environment: `npx windlass bootstrap --max-hourly-usd 56`, in the CDK `maxHourlyUsd: 56`",
      ].join("\n"),
    ]);
  });

  it("is told which of the limits of its environment is too low", () => {
    const [text] = mistakes({ embed: { gpu: "L4", spot: "never" } }, 10, 0.5);
    expect(text).toContain("g6.xlarge costs $0.82/h, above the limit of $0.5/h for all hosts");
    expect(text).toContain(
      "bootstrap --max-total-hourly-usd 1`, in the CDK `maxTotalHourlyUsd: 1`",
    );
    expect(mistakes({ train: { gpu: "H100:8" } }, 10, 20)[0]).toContain(
      "--max-hourly-usd 56 --max-total-hourly-usd 56`, in the CDK `maxHourlyUsd: 56, maxTotalHourlyUsd: 56`",
    );
  });

  it("is told the cheapest of its list", () => {
    const [text] = mistakes({ train: { gpu: ["B200", "A100-40GB"] } });
    expect(text).toContain("asks for B200 or A100-40GB: p4d.24xlarge costs $21.97/h");
    expect(text).toContain("--max-hourly-usd 22`");
    expect(mistakes({ train: { gpu: ["A100-40GB", "B200"] } })[0]).toContain(
      ": p4d.24xlarge costs",
    );
    // Of what no host has there is no price.
    for (const gpu of [
      ["L4", "B200"],
      ["B200", "L4"],
    ] as const) {
      const [dear] = mistakes({ train: { gpu: [...gpu], memoryMiB: 900_000 } });
      expect(dear).toContain(": p6-b200.48xlarge costs $113.95/h");
    }
  });

  it("is no mistake where a host can be had for another GPU of its list", () => {
    expect(mistakes({ train: { gpu: ["H200", "L4"] } })).toEqual([]);
  });

  it("is told of the limit that is too low alone, where the other is just enough", () => {
    const usd = 0.820759;
    const [total] = mistakes({ embed: { gpu: "L4" } }, usd, 0.5);
    expect(total).toContain("above the limit of $0.5/h for all hosts");
    expect(total).toContain("bootstrap --max-total-hourly-usd 1`");
    const [one] = mistakes({ embed: { gpu: "L4" } }, 0.5, usd);
    expect(one).toContain("bootstrap --max-hourly-usd 1`");
  });

  it("is told to ask for less where the limit allows no host at all", () => {
    expect(mistakes({ embed: { gpu: "L4" } }, 0.01)[0]).toContain("hint: ask for less; or raise");
  });

  it("may be a class", () => {
    const app = new App("media");
    class Model {
      run(): number {
        return 1;
      }
    }
    app.cls("Model", { gpu: "H100:8" }, Model);
    const [mistake] = hostMistakes(resolveSpec(app).functions, { maxUsdPerHour: 10 });
    expect(mistake?.message).toMatch(/^class "Model" asks for H100:8/);
  });

  it("at all is told what there is", () => {
    const [text] = mistakes({ large: { gpu: "L4", memoryMiB: 900_000 } });
    expect(text).toMatch(
      /^WINDLASS_NO_HOST_TYPE\n.*no host type has L4, 0.125 vCPUs and 900000 MiB/,
    );
    expect(text).toContain("hint: ask for L4");
    expect(text).not.toContain("raise the limit");
    expect(mistakes({ wide: { cpu: 300 } })[0]).toContain('function "wide": no host type has 300');
  });

  it("is one of several, each with its own", () => {
    const functions = { a: { gpu: "H200" }, b: { gpu: "L4" }, c: { cpu: 2 }, d: { gpu: "B300" } };
    expect(mistakes(functions)).toHaveLength(2);
    expect(mistakes(functions, 150)).toEqual([]);
    expect(mistakes(functions, 0.05)).toHaveLength(4);
  });
});
