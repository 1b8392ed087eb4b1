import { describe, expect, it } from "vitest";
import { App } from "../../lib/app.ts";
import type { FunctionOptions } from "../../lib/options/function-options.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import { containerUsdPerHour } from "../../lib/scheduling/container-price.ts";

/** Dollars an hour, with a public address and a disk of 100 GB each [lib/scheduling/host-data.ts]. */
const BESIDE = 0.005 + 8 / 730;
const C6A_LARGE = 0.0765 + BESIDE;
const G6_XLARGE = 0.8048 + BESIDE;
const G6_12XLARGE = 4.6016 + BESIDE;
const P5_48XLARGE = 55.04 + BESIDE;

function usdOf(options: FunctionOptions<undefined>): number | undefined {
  const app = new App("media");
  app.function("work", options, () => 1);
  const [spec] = resolveSpec(app).functions;
  if (spec === undefined) throw new RangeError("the app has one function");
  return containerUsdPerHour(spec);
}

describe("an hour of a container costs", () => {
  it.each<[string, FunctionOptions<undefined>, number]>([
    ["half a host for half of its vCPUs", { cpu: 1, memoryMiB: 128 }, C6A_LARGE / 2],
    // Of 4096 MiB 3338 are left for containers.
    ["half a host for half of its memory", { cpu: 0.125, memoryMiB: 1669 }, C6A_LARGE / 2],
    ["a host for its only GPU", { gpu: "L4" }, G6_XLARGE],
    ["half a host for two of its four GPUs", { gpu: "L4:2" }, G6_12XLARGE / 2],
    ["more than the GPUs for more of the vCPUs", { gpu: "L4:2", cpu: 36 }, G6_12XLARGE * 0.75],
    ["what it costs on demand where it must be spot", { gpu: "L4", spot: "require" }, G6_XLARGE],
    ["what no limit of an environment allows", { gpu: "H100:8" }, P5_48XLARGE],
  ])("%s", (_, options, usd) => {
    expect(usdOf(options)).toBeCloseTo(usd, 5);
  });

  it("nothing that is known where no host holds it", () => {
    expect(usdOf({ cpu: 300 })).toBeUndefined();
  });
});
