import { Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { ownQueuePrefix } from "../../lib/aws/parameter-sets.ts";
import { InvalidError } from "../../lib/errors.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { isNarrowed } from "../../lib/uses.ts";
import { appRolePath } from "../names.ts";
import {
  type AccessProps,
  namedQueues,
  ownData,
  taggedQueues,
  tokenAccess,
  USE_QUEUE,
} from "./access.ts";
import { bucketAccess } from "./bucket-access.ts";
import { narrowAccess } from "./narrow-access.ts";
import { objectAccess } from "./object-access.ts";
import { policyLength } from "./policy-length.ts";
import type { SharedFiles } from "./shared-files.ts";

/** IAM allows 10,240 for all inline policies of a role [IAM quotas]; the rest is for keys. */
const MAX_POLICY_CHARS = 9500;

export interface AppRolesProps extends AccessProps {
  readonly functions: readonly FunctionSpec[];
  readonly logGroup: ILogGroup;
  readonly sharedFiles: SharedFiles;
  /** Keys of what the app reads and writes. */
  readonly encryptionKeys: readonly IKey[];
}

/**
 * The role of an app's containers, cut to its own rows, objects and queues; one for each function with `uses`, cut to
 * those; and the role that starts them.
 *
 * @throws InvalidError when a function uses more than a policy of IAM has room for
 */
export class AppRoles extends Construct {
  readonly taskRole: Role;
  /** ARNs of the roles of functions that have their own, by their names. */
  readonly ownRoles: ReadonlyMap<string, string>;
  readonly executionRole: Role;

  constructor(scope: Construct, id: string, props: AppRolesProps) {
    super(scope, id);
    const shared = props.functions.filter((spec) => !isNarrowed(spec));
    this.taskRole = this.#containerRole("Task", props, {
      description: `Containers of the Windlass app ${props.app}`,
      statements: [
        ...ownData(this, props),
        ...ownQueues(this, props),
        ...tokenAccess(this, shared, props),
        ...objectAccess(this, shared, props),
        ...props.sharedFiles.statements(shared),
        ...bucketAccess(this, shared),
      ],
    });
    const narrowed = props.functions.filter(isNarrowed);
    this.ownRoles = new Map(
      narrowed.map((spec) => {
        const statements = [
          ...narrowAccess(this, spec, props),
          ...tokenAccess(this, [spec], props),
          ...props.sharedFiles.statements([spec]),
          ...bucketAccess(this, [spec]),
        ];
        checkRoom(this, spec.name, statements);
        const role = this.#containerRole(`Uses-${spec.name}`, props, {
          description: `Containers of ${spec.name} of the Windlass app ${props.app}`,
          statements,
        });
        return [spec.name, role.roleArn];
      }),
    );
    this.executionRole = new Role(this, "Execution", {
      assumedBy: taskPrincipal(this),
      path: appRolePath(props.environment),
      description: `Starts containers of the Windlass app ${props.app}`,
      inlinePolicies: {
        start: new PolicyDocument({ statements: startStatements(this, props.logGroup) }),
      },
    });
  }

  #containerRole(
    id: string,
    { environment, encryptionKeys }: AppRolesProps,
    given: { readonly description: string; readonly statements: PolicyStatement[] },
  ): Role {
    const { description, statements } = given;
    const role = new Role(this, id, {
      assumedBy: taskPrincipal(this),
      // The controller may pass roles of this path.
      path: appRolePath(environment),
      description,
      inlinePolicies: { app: new PolicyDocument({ statements }) },
    });
    for (const key of encryptionKeys) key.grantEncryptDecrypt(role);
    return role;
  }
}

/** @throws InvalidError when IAM would refuse the policy: a deployment would fail in its middle */
function checkRoom(scope: Construct, name: string, statements: readonly PolicyStatement[]): void {
  const length = policyLength(scope, statements);
  if (length <= MAX_POLICY_CHARS) return;
  const message = `\`uses\` of "${name}" makes a policy of ${length} characters, at most ${MAX_POLICY_CHARS} are allowed`;
  const hint =
    "name whole apps instead of their functions, or spread the calls over several functions";
  throw new InvalidError("WINDLASS_USES_TOO_MUCH", message, { hint });
}

/** Only for tasks of this account: ECS cannot be talked into using the role for another's. */
function taskPrincipal(scope: Construct): ServicePrincipal {
  const { account } = Stack.of(scope);
  return new ServicePrincipal("ecs-tasks.amazonaws.com", {
    conditions: { StringEquals: { "aws:SourceAccount": account } },
  });
}

function ownQueues(scope: Construct, props: AppRolesProps): PolicyStatement[] {
  const made = `${ownQueuePrefix(props.environment, props.app)}*`;
  return [
    taggedQueues(scope, props, { actions: USE_QUEUE }),
    namedQueues(scope, [made], [...USE_QUEUE, "sqs:CreateQueue", "sqs:DeleteQueue"]),
  ];
}

function startStatements(scope: Construct, logGroup: ILogGroup): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [logGroup.logGroupArn],
    }),
    // Signs in to the registry; it is not about any repository.
    new PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }),
    new PolicyStatement({
      actions: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
      ],
      resources: [
        Stack.of(scope).formatArn({ service: "ecr", resource: "repository", resourceName: "*" }),
      ],
    }),
  ];
}
