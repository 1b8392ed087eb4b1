import { inject } from "vitest";
import { ensureNodeImage } from "../e2e-aws/images.ts";
import * as module from "./app.ts";
import type { BackendUnderTest } from "./backend.ts";
import { runOtherProcess } from "./local-backend.ts";
import { Notebook } from "./notebook.ts";

/** The local engine with containers of Docker, started as a program of its user would. */
export async function openDocker(): Promise<BackendUnderTest> {
  ensureNodeImage();
  const env = { WINDLASS_CONTAINERS: "docker", CDK_DOCKER: inject("docker") ?? "" };
  Object.assign(process.env, env);
  const notebook = await Notebook.open("127.0.0.1");
  const run = await module.app.run({ backend: "local", output: false });
  return {
    handles: module,
    notebook,
    otherProcess: (...args) => runOtherProcess(["local", ...args], {}),
    async close() {
      await run.close();
      notebook.close();
    },
  };
}
