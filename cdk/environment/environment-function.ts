import { join } from "node:path";
import type { Duration } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { type PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Architecture, Code, Function as Lambda, Runtime } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { ownFolder } from "../../lib/local/bundle/own-package.ts";

/** What all functions of an environment are given. */
export interface EnvironmentFunctionProps {
  readonly environment: string;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly logGroup: ILogGroup;
  readonly encryptionKey?: IKey;
}

/** Those that wake the controller. */
export interface WakingFunctionProps extends EnvironmentFunctionProps {
  /** ARN of the controller's function. */
  readonly controllerArn: string;
}

/** What one of them is. */
interface Given {
  /** Its folder in `dist/cdk`. */
  readonly program: string;
  readonly description: string;
  readonly timeout: Duration;
  /** What its role is for. */
  readonly role: string;
  /** What it may do, by the name of the policy. */
  readonly policies: Readonly<Record<string, PolicyDocument>>;
  /** Beside those that all have. */
  readonly variables?: Readonly<Record<string, string>>;
  /** @default - what Lambda gives up is gone */
  readonly deadLetterQueue?: IQueue;
}

/** Makes a function of an environment, and its role. */
export function environmentFunction(
  scope: Construct,
  { environment, table, bucket, logGroup, encryptionKey }: EnvironmentFunctionProps,
  given: Given,
): { readonly lambda: Lambda; readonly role: Role } {
  const { program, description, timeout, policies, variables, deadLetterQueue } = given;
  const role = new Role(scope, "Role", {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    description: given.role,
    inlinePolicies: policies,
  });
  encryptionKey?.grantEncryptDecrypt(role);
  const lambda = new Lambda(scope, "Resource", {
    ...{ description, timeout, role, logGroup },
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: "index.handler",
    code: Code.fromAsset(join(ownFolder(), "dist/cdk", program)),
    memorySize: 512,
    ...(deadLetterQueue !== undefined && { deadLetterQueue }),
    environment: {
      ENVIRONMENT: environment,
      TABLE_NAME: table.tableName,
      BUCKET_NAME: bucket.bucketName,
      ...variables,
    },
  });
  return { lambda, role };
}
