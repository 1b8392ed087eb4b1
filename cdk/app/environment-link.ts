import { Stack } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Construct, type IDependable } from "constructs";
import type { Fact } from "../../lib/aws/facts.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import type { WindlassEnvironment } from "../environment.ts";
import { ImportedFacts } from "../facts.ts";
import { checkEnvironmentName } from "../names.ts";

/** What load balancers are made from. */
interface Balancing {
  readonly vpcId: string;
  /** Joined by commas. */
  readonly subnetIds: string;
  readonly securityGroupId: string;
  /** ARN of the function that holds requests. */
  readonly frontFunctionArn: string;
}

/**
 * An app's view of its environment. One of the same stack is referred to directly; any other by its SSM parameters,
 * so that no app's stack keeps the environment from changing.
 */
export class EnvironmentLink extends Construct {
  readonly environmentName: string;
  readonly tableName: string;
  readonly bucketName: string;
  readonly clusterName: string;
  readonly deploymentFunctionArn: string;
  readonly controllerFunctionArn: string;
  readonly encryptionKey: IKey | undefined;
  readonly #fact: (name: Fact) => string;
  #fileSystemId: string | undefined;
  #balancing: Balancing | undefined;
  #scheduleFunction: { readonly arn: string; readonly roleArn: string } | undefined;
  /** What must exist before the app is deployed. */
  readonly dependencies: readonly IDependable[];

  constructor(
    scope: Construct,
    id: string,
    props: { readonly environment: WindlassEnvironment | string },
  ) {
    super(scope, id);
    const { environment } = props;
    const given = typeof environment === "string" ? undefined : environment;
    this.environmentName = checkEnvironmentName(given?.environmentName ?? String(environment));
    this.encryptionKey = given?.encryptionKey;
    const shared = given !== undefined && Stack.of(given) === Stack.of(this);
    this.dependencies = shared ? [given] : [];
    if (given !== undefined && !shared) Stack.of(this).addStackDependency(Stack.of(given));
    const imported = new ImportedFacts(this, "Facts", this.environmentName);
    const fact = (name: Fact): string => (shared ? given.facts[name] : imported.value(name));
    this.tableName = fact("table-name");
    this.bucketName = fact("bucket-name");
    this.clusterName = fact("cluster-name");
    this.deploymentFunctionArn = fact("deployment-function-arn");
    this.controllerFunctionArn = fact("controller-function-arn");
    this.#fact = fact;
  }

  /** Where it is, as manifests of its apps say it. */
  get places(): Pick<Manifest, "environment" | "bucket" | "table" | "cluster"> {
    const { environmentName: environment, bucketName: bucket, tableName: table } = this;
    return { environment, bucket, table, cluster: this.clusterName };
  }

  /** What fires schedules, asked for by apps that have any: environments of before there were some do not tell. */
  get scheduleFunction(): { readonly arn: string; readonly roleArn: string } {
    this.#scheduleFunction ??= {
      arn: this.#fact("schedule-function-arn"),
      roleArn: this.#fact("schedule-role-arn"),
    };
    return this.#scheduleFunction;
  }

  /** Asked for by apps that answer HTTP requests. */
  get balancing(): Balancing {
    this.#balancing ??= {
      vpcId: this.#fact("vpc-id"),
      subnetIds: this.#fact("load-balancer-subnet-ids"),
      securityGroupId: this.#fact("load-balancer-security-group-id"),
      frontFunctionArn: this.#fact("front-function-arn"),
    };
    return this.#balancing;
  }

  /** Asked for by apps that mount it: others have no parameter for it. */
  get fileSystemId(): string {
    this.#fileSystemId ??= this.#fact("file-system-id");
    return this.#fileSystemId;
  }
}
