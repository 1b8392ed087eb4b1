import {
  CreateServiceLinkedRoleCommand,
  type IAMClient,
  ListRolesCommand,
} from "@aws-sdk/client-iam";
import { WindlassError } from "../../errors.ts";
import { onAws } from "../aws-error.ts";

/** Roles by which AWS's services act in an account. AWS makes them by itself only in its console. */
const SERVICES: readonly (readonly [service: string, name: string])[] = [
  ["ecs.amazonaws.com", "ECS"],
  ["spot.amazonaws.com", "EC2 Spot"],
  ["ec2fleet.amazonaws.com", "EC2 Fleet"],
];

/** Creates the service-linked roles that are missing, and names those. @throws WindlassError */
export async function ensureServiceLinkedRoles(client: IAMClient): Promise<readonly string[]> {
  const created: string[] = [];
  for (const [service, name] of SERVICES) {
    if (await ensure(client, service)) created.push(name);
  }
  return created;
}

/** Names the service-linked roles that are missing. @throws WindlassError */
export async function missingServiceLinkedRoles(client: IAMClient): Promise<readonly string[]> {
  const found = await Promise.all(SERVICES.map(([service]) => hasRole(client, service)));
  return SERVICES.flatMap(([, name], index) => (found[index] === true ? [] : name));
}

async function hasRole(client: IAMClient, service: string): Promise<boolean> {
  const PathPrefix = `/aws-service-role/${service}/`;
  const { Roles = [] } = await onAws("look for service-linked roles", () =>
    client.send(new ListRolesCommand({ PathPrefix })),
  );
  return Roles.length > 0;
}

async function ensure(client: IAMClient, service: string): Promise<boolean> {
  if (await hasRole(client, service)) return false;
  try {
    await client.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: service }));
    return true;
  } catch (cause) {
    // Another one was faster.
    const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
    if (/been taken|already exists/i.test(message)) return false;
    throw new WindlassError(
      "WINDLASS_SERVICE_LINKED_ROLE",
      `the service-linked role of ${service} is missing and could not be created: ${name}: ${message}`,
      {
        cause,
        hint: `have an administrator run \`aws iam create-service-linked-role --aws-service-name ${service}\``,
      },
    );
  }
}
