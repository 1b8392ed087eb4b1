import { CfnCluster } from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";

/** Hosts register here and containers run here. No capacity providers: hosts are bought one by one. */
export class HostCluster extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const cluster = new CfnCluster(this, "Resource", {
      // Insights are billed by the metric.
      clusterSettings: [{ name: "containerInsights", value: "disabled" }],
    });
    this.name = cluster.ref;
    this.arn = cluster.attrArn;
  }
}
