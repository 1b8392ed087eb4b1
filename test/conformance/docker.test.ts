import { inject } from "vitest";
import { openDocker } from "./docker-backend.ts";
import { testConformance } from "./suite.ts";

testConformance("docker", { open: openDocker, isSkipped: inject("docker") === null });
