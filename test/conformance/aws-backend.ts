import { resolve } from "node:path";
import { connect, resolveSpec } from "windlass";
import { unique } from "../e2e-aws/aws.ts";
import { AWS_ENV, onAws } from "../e2e-aws/deployed.ts";
import { buildImage } from "../e2e-aws/images.ts";
import * as module from "./app.ts";
import type { BackendUnderTest } from "./backend.ts";
import { runOtherProcess } from "./local-backend.ts";
import { Notebook } from "./notebook.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
/** This machine in the network of the emulator, where containers are. */
const HOST = `172.30.${process.env.WINDLASS_EMULATOR_SLOT ?? 0}.1`;

/** The app, deployed to the emulator for as long as the suite runs. */
export async function openAws(): Promise<BackendUnderTest> {
  Object.assign(process.env, AWS_ENV);
  const { app } = module;
  const environment = unique("conformance");
  const images = resolveSpec(app).images.flatMap((image) => [
    "--image",
    `${image.hash}=${buildImage(image)}`,
  ]);
  const run = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await onAws(REPOSITORY, [...args, "--environment", environment]);
    if (code !== 0) throw new Error(`windlass ${args.join(" ")}: ${stderr}`);
  };
  await run("bootstrap");
  await run("deploy", "test/conformance/app.ts", ...images);
  const notebook = await Notebook.open(HOST);
  return {
    handles: await connect<typeof module>(app.name, { environment }),
    notebook,
    otherProcess: (...args) =>
      runOtherProcess(["aws", ...args], { ...AWS_ENV, WINDLASS_ENVIRONMENT: environment }),
    async close() {
      notebook.close();
      await run("destroy", app.name, "--delete-data", "--drop-calls");
      await run("destroy", "--delete-data");
    },
  };
}
