import { inject } from "vitest";
import { openAws } from "./aws-backend.ts";
import { testConformance } from "./suite.ts";

testConformance("aws", { open: openAws, isSkipped: inject("aws") === null });
