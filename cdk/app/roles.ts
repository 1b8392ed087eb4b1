import { Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { appRolePath, shortHash } from "../names.ts";

export interface AppRolesProps {
  readonly app: string;
  readonly environment: string;
  readonly tableName: string;
  readonly bucketName: string;
  readonly controllerFunctionArn: string;
  readonly logGroup: ILogGroup;
  /** Keys of what the app reads and writes. */
  readonly encryptionKeys: readonly IKey[];
}

/** The role of an app's containers, cut to its own rows, objects and queues, and the role that starts them. */
export class AppRoles extends Construct {
  readonly taskRole: Role;
  readonly executionRole: Role;

  constructor(scope: Construct, id: string, props: AppRolesProps) {
    super(scope, id);
    this.taskRole = new Role(this, "Task", {
      assumedBy: taskPrincipal(this),
      path: appRolePath(props.environment),
      description: `Containers of the Windlass app ${props.app}`,
      inlinePolicies: {
        app: new PolicyDocument({
          statements: [
            rowStatement(this, props),
            ...objectStatements(this, props),
            ...queueStatements(this, props),
            // For calls that a container makes itself.
            new PolicyStatement({
              actions: ["lambda:InvokeFunction"],
              resources: [props.controllerFunctionArn],
            }),
          ],
        }),
      },
    });
    for (const key of props.encryptionKeys) key.grantEncryptDecrypt(this.taskRole);
    this.executionRole = new Role(this, "Execution", {
      assumedBy: taskPrincipal(this),
      path: appRolePath(props.environment),
      description: `Starts containers of the Windlass app ${props.app}`,
      inlinePolicies: {
        start: new PolicyDocument({ statements: startStatements(this, props.logGroup) }),
      },
    });
  }
}

/** Only for tasks of this account: ECS cannot be talked into using the role for another's. */
function taskPrincipal(scope: Construct): ServicePrincipal {
  const { account } = Stack.of(scope);
  return new ServicePrincipal("ecs-tasks.amazonaws.com", {
    conditions: { StringEquals: { "aws:SourceAccount": account } },
  });
}

function rowStatement(scope: Construct, { app, tableName }: AppRolesProps): PolicyStatement {
  return new PolicyStatement({
    actions: [
      "dynamodb:GetItem",
      "dynamodb:BatchGetItem",
      "dynamodb:Query",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "dynamodb:DeleteItem",
      "dynamodb:ConditionCheckItem",
    ],
    resources: [
      Stack.of(scope).formatArn({
        service: "dynamodb",
        resource: "table",
        resourceName: tableName,
      }),
    ],
    conditions: {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`${app}#*`] },
      // "For all values" holds where there are none.
      Null: { "dynamodb:LeadingKeys": "false" },
    },
  });
}

function objectStatements(scope: Construct, { app, bucketName }: AppRolesProps): PolicyStatement[] {
  const objects = (folder: string): string =>
    Stack.of(scope).formatArn({
      service: "s3",
      region: "",
      account: "",
      resource: bucketName,
      resourceName: `${folder}/${app}/*`,
    });
  return [
    new PolicyStatement({
      actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      resources: [objects("calls")],
    }),
    new PolicyStatement({
      actions: ["s3:GetObject"],
      resources: [objects("bundles"), objects("manifests")],
    }),
  ];
}

function queueStatements(scope: Construct, { app, environment }: AppRolesProps): PolicyStatement[] {
  const queues = (resource: string): string =>
    Stack.of(scope).formatArn({ service: "sqs", resource });
  const use = [
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
  ];
  return [
    // By tag: a policy has no room for hundreds of ARNs, and a stack's name may begin with another's.
    new PolicyStatement({
      actions: use,
      resources: [queues("*")],
      conditions: { StringEquals: { "aws:ResourceTag/windlass:app": app } },
    }),
    // Reply queues have no tags: an account may set 30 a second.
    new PolicyStatement({
      actions: [...use, "sqs:CreateQueue", "sqs:DeleteQueue"],
      resources: [queues(`windlass-${environment}-${shortHash(app, 16)}-*`)],
    }),
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
