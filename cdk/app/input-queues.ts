import { Duration } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

/** Inputs wait this long at most, as long as results are kept. */
const RETENTION: Duration = Duration.days(7);
/** The longest that SQS keeps a message. */
const DEAD_LETTER_RETENTION: Duration = Duration.days(14);
/** Attempts and crashes are counted by the agents; this only ends what escapes them. */
const MAX_RECEIVES = 1000;
const MAX_MESSAGE_BYTES = 1_048_576;
const LONG_POLL_SECONDS = 20;

export interface InputQueuesProps {
  readonly functions: readonly string[];
  readonly deadLetterQueueArn: string;
  readonly encryptionKey: IKey | undefined;
}

/** One queue a function. L1: an app has hundreds of them. */
export class InputQueues extends Construct {
  /** By function. */
  readonly urls: ReadonlyMap<string, string>;

  constructor(scope: Construct, id: string, props: InputQueuesProps) {
    super(scope, id);
    const redrivePolicy = {
      deadLetterTargetArn: props.deadLetterQueueArn,
      maxReceiveCount: MAX_RECEIVES,
    };
    const queueProps = {
      ...encryption(props.encryptionKey),
      messageRetentionPeriod: RETENTION.toSeconds(),
      maximumMessageSize: MAX_MESSAGE_BYTES,
      receiveMessageWaitTimeSeconds: LONG_POLL_SECONDS,
      redrivePolicy,
    };
    this.urls = new Map(
      props.functions.map((name) => {
        // Roles of functions with `uses` tell queues apart by it.
        const tags = [{ key: "windlass:function", value: name }];
        return [name, new CfnQueue(this, name, { ...queueProps, tags }).ref];
      }),
    );
  }
}

/** Where inputs end that can never succeed: one queue an app. */
export class DeadLetterQueue extends Construct {
  readonly url: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, props: { readonly encryptionKey: IKey | undefined }) {
    super(scope, id);
    const queue = new CfnQueue(this, "Resource", {
      ...encryption(props.encryptionKey),
      messageRetentionPeriod: DEAD_LETTER_RETENTION.toSeconds(),
      maximumMessageSize: MAX_MESSAGE_BYTES,
    });
    this.url = queue.ref;
    this.arn = queue.attrArn;
  }
}

function encryption(
  key: IKey | undefined,
): { kmsMasterKeyId: string } | { sqsManagedSseEnabled: true } {
  return key === undefined ? { sqsManagedSseEnabled: true } : { kmsMasterKeyId: key.keyArn };
}
