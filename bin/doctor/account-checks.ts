import { IAMClient } from "@aws-sdk/client-iam";
import { SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { whoAmI } from "../../lib/aws/deploy/caller.ts";
import { missingServiceLinkedRoles } from "../../lib/aws/deploy/service-linked-roles.ts";
import { type Facts, readFacts } from "../../lib/aws/environment.ts";
import { isWindlassError } from "../../lib/errors.ts";
import { type Check, checkOf, ok } from "./check.ts";

/** Whose credentials these are and where they lead; without a region nothing else can be asked. */
export async function checkCaller(): Promise<{
  readonly checks: readonly Check[];
  readonly region: string | undefined;
}> {
  try {
    const { account, region } = await whoAmI();
    const checks = [ok("credentials", `of account ${account}`), ok("region", region)];
    return { checks, region };
  } catch (error) {
    const isRegion = isWindlassError(error) && error.code === "WINDLASS_AWS_NO_REGION";
    const check = checkOf(error, isRegion ? "region" : "credentials");
    return { checks: [check], region: undefined };
  }
}

/** Whether the environment is there, in the version that this Windlass needs. */
export async function checkEnvironment(
  environment: string,
): Promise<{ readonly check: Check; readonly facts: Facts | undefined }> {
  try {
    const facts = await readFacts(new SSMClient(CLIENT_CONFIG), environment);
    const message = `"${environment}" is bootstrapped, version ${facts.version}`;
    return { check: ok("environment", message), facts };
  } catch (error) {
    return { check: checkOf(error, "environment"), facts: undefined };
  }
}

/** Whether AWS's services may act in the account. Who may not look is told, as the roles may well be there. */
export async function checkRoles(): Promise<Check> {
  const subject = "service-linked roles";
  try {
    const missing = await missingServiceLinkedRoles(new IAMClient(CLIENT_CONFIG));
    if (missing.length === 0) return ok(subject, "of ECS, EC2 Spot and EC2 Fleet are there");
    const message = `missing: ${missing.join(", ")}`;
    const fix = "run `npx windlass bootstrap`, which creates them";
    return { subject, status: "fail", message, fix };
  } catch (error) {
    return checkOf(error, subject, "warn");
  }
}
