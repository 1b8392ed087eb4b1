import { CfnOutput, Fn, NestedStack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { InputQueues, type InputQueuesProps } from "./input-queues.ts";

/** A stack has at most 200 outputs, of at most 4,096 characters where they become parameters. */
const URLS_PER_OUTPUT = 20;

/** The queues of some functions in a nested stack. */
export class QueueShard extends NestedStack {
  /** By function, as the outer stack reads them. */
  readonly urls: ReadonlyMap<string, string>;

  constructor(scope: Construct, id: string, props: InputQueuesProps) {
    super(scope, id, { description: "Queues of a Windlass app" });
    const { urls } = new InputQueues(this, "Queues", props);
    const read = new Map<string, string>();
    const entries = [...urls];
    for (let start = 0; start < entries.length; start += URLS_PER_OUTPUT) {
      const chunk = entries.slice(start, start + URLS_PER_OUTPUT);
      const joined = this.#publish(
        `Urls${start / URLS_PER_OUTPUT}`,
        chunk.map(([, url]) => url),
      );
      for (const [index, [name]] of chunk.entries()) {
        read.set(name, Fn.select(index, Fn.split(",", joined)));
      }
    }
    this.urls = read;
  }

  #publish(id: string, urls: readonly string[]): string {
    new CfnOutput(this, id, { value: urls.join(",") }).overrideLogicalId(id);
    // Its resource in the outer stack.
    return Fn.getAtt(this.#outerLogicalId(), `Outputs.${id}`).toString();
  }

  #outerLogicalId(): string {
    const resource = this.nestedStackResource;
    return resource === undefined ? "" : resource.logicalId;
  }
}
