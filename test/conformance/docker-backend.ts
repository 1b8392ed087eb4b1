import { inject } from "vitest";
import { ensureNodeImage } from "../e2e-aws/images.ts";
import type { BackendUnderTest } from "./backend.ts";
import { openLocal } from "./local-backend.ts";

/** The local engine with containers of Docker. */
export async function openDocker(): Promise<BackendUnderTest> {
  ensureNodeImage();
  const env = { WINDLASS_CONTAINERS: "docker", CDK_DOCKER: inject("docker") ?? "" };
  Object.assign(process.env, env);
  return await openLocal();
}
