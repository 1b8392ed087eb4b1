import { CfnParameter } from "aws-cdk-lib";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
import { type Fact, factsPath } from "../lib/aws/facts.ts";

function parameterName(environment: string, fact: Fact): string {
  return `${factsPath(environment)}/${fact}`;
}

/** Writes the facts of an environment. Their names are fixed: apps of other stacks find them by name. */
export class PublishedFacts extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly environment: string; readonly facts: Readonly<Record<Fact, string>> },
  ) {
    super(scope, id);
    for (const [fact, stringValue] of Object.entries(props.facts)) {
      const name = parameterName(props.environment, fact as Fact);
      new StringParameter(this, fact, { parameterName: name, stringValue });
    }
  }
}

/** Reads facts when the stack is deployed, so that no stack holds on to the environment's. */
export class ImportedFacts extends Construct {
  readonly #environment: string;

  constructor(scope: Construct, id: string, environment: string) {
    super(scope, id);
    this.#environment = environment;
  }

  value(fact: Fact): string {
    const parameter = new CfnParameter(this, fact, {
      type: "AWS::SSM::Parameter::Value<String>",
      default: parameterName(this.#environment, fact),
      description: `Fact "${fact}" of the Windlass environment "${this.#environment}"`,
    });
    return parameter.valueAsString;
  }
}
