import { expect, it } from "vitest";
import { App, type FunctionOptions } from "windlass";
import { appStack, cdkApp, environmentStack } from "./synth.ts";

/** Deploys a function with these options, into an environment of the same app or into one by its name. */
function deploy(options: FunctionOptions<undefined>, maxHourlyUsd?: number | "by name") {
  const app = new App("media");
  app.function("train", options, () => 1);
  const scope = cdkApp();
  if (maxHourlyUsd === "by name") return () => appStack({ app }, scope);
  const props = maxHourlyUsd === undefined ? {} : { maxHourlyUsd };
  const environment = environmentStack(props, scope).resources;
  return () => appStack({ app, environment }, scope);
}

it("refuses a function whose cheapest host costs more than the environment buys", () => {
  expect(deploy({ gpu: "H100:8" })).toThrow(
    /p5.48xlarge costs \$55.06\/h, above the limit of \$10/,
  );
  expect(deploy({ gpu: "H100:8" }, 55)).toThrow(/the limit of \$55\/h/);
  expect(deploy({ gpu: "H100:8" }, 56)).not.toThrow();
  expect(deploy({ gpu: ["H100:8", "L4"] })).not.toThrow();
});

it("refuses one that no host can hold, wherever it is deployed", () => {
  const tooMuch = { cpu: 65 };
  expect(deploy(tooMuch, "by name")).toThrow(/no host type has 65 vCPUs and 128 MiB/);
  expect(deploy({ cpu: 64 }, "by name")).not.toThrow();
});

it("leaves the limit of an environment that it only knows by name to others", () => {
  expect(deploy({ gpu: "H100:8" }, "by name")).not.toThrow();
});
