import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";

/** Actions of DynamoDB on rows whose partition keys are like these. */
export function rowAccess(
  table: Table,
  keys: readonly string[],
  actions: readonly string[],
): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
    conditions: {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys },
      // "For all values" holds where there are none.
      Null: { "dynamodb:LeadingKeys": "false" },
    },
  });
}
