import { GetParametersByPathCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { NotFoundError } from "../errors.ts";
import { onAws } from "./aws-error.ts";
import { ENVIRONMENT_VERSION, type Fact, factsPath } from "./facts.ts";

export type Facts = Readonly<Record<Fact | "controller-function-arn", string>>;

/**
 * What the environment of this name tells about itself.
 * @throws NotFoundError when it is not bootstrapped in this account and region, or of another version
 */
export async function readFacts(client: SSMClient, environment: string): Promise<Facts> {
  const path = factsPath(environment);
  const found: Record<string, string> = {};
  let token: string | undefined;
  do {
    const page = await onAws(`read the parameters of environment "${environment}"`, () =>
      client.send(new GetParametersByPathCommand({ Path: path, NextToken: token })),
    );
    for (const { Name = "", Value = "" } of page.Parameters ?? []) {
      found[Name.slice(path.length + 1)] = Value;
    }
    token = page.NextToken;
  } while (token !== undefined);
  const { version } = found;
  if (version === ENVIRONMENT_VERSION) return found as Facts;
  if (version === undefined) {
    throw new NotFoundError(
      "WINDLASS_NOT_BOOTSTRAPPED",
      `there is no Windlass environment "${environment}" in this account and region`,
      { hint: "run `npx windlass bootstrap`, or look at AWS_PROFILE and AWS_REGION" },
    );
  }
  throw new NotFoundError(
    "WINDLASS_ENVIRONMENT_VERSION",
    `environment "${environment}" has version ${version}, this Windlass needs ${ENVIRONMENT_VERSION}`,
    { hint: "run `npx windlass bootstrap`, which upgrades it, or use a newer windlass" },
  );
}

/** The environment that is meant. */
export function environmentOf({
  environment,
}: {
  readonly environment?: string | undefined;
}): string {
  return environment ?? process.env["WINDLASS_ENVIRONMENT"] ?? "default";
}
