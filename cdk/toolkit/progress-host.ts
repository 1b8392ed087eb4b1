import type { IIoHost, IoMessage, IoRequest, StackActivity } from "@aws-cdk/toolkit-lib";

/** How far a stack is. */
export interface StackProgress {
  readonly stack: string;
  readonly done: number;
  /** Undefined where CloudFormation does not say how many there are. */
  readonly total: number | undefined;
  /** The resource that changed last. */
  readonly resource: string;
}

/** A resource that could not be created, changed or removed. */
export interface FailedResource {
  readonly resource: string;
  readonly type: string;
  readonly reason: string;
}

/** Reads of the toolkit's messages what happens to the stack, and passes on nothing else. */
export class ProgressHost implements IIoHost {
  readonly #onProgress: (progress: StackProgress) => void;
  readonly #onMessage: (message: string) => void;
  readonly #done: Set<string> = new Set();
  readonly #failures: FailedResource[] = [];
  #assetFailure: string | undefined;

  constructor(given: {
    readonly onProgress: (progress: StackProgress) => void;
    /** Everything that the toolkit says. */
    readonly onMessage: (message: string) => void;
  }) {
    this.#onProgress = given.onProgress;
    this.#onMessage = given.onMessage;
  }

  /** Resources that failed by themselves, in the order in which they did. */
  get failures(): readonly FailedResource[] {
    return this.#failures;
  }

  /** Resources that were created, changed or removed. */
  get changed(): number {
    return this.#done.size;
  }

  /** What was said of an image that could not be built or pushed. */
  get assetFailure(): string | undefined {
    return this.#assetFailure;
  }

  async notify(message: IoMessage<unknown>): Promise<void> {
    this.#onMessage(message.message);
    // Its error does not say why: this message does, and it comes before.
    if (message.code === "CDK_ASSETS_E5279" && /docker/i.test(message.message)) {
      this.#assetFailure = message.message.replace(/^.*?fail: /, "");
    }
    if (message.code === "CDK_TOOLKIT_I5502") this.#follow(message.data as StackActivity);
  }

  /** Whoever runs a command to deploy has agreed to what it deploys. */
  async requestResponse<T>(message: IoRequest<unknown, T>): Promise<T> {
    this.#onMessage(message.message);
    return message.defaultResponse;
  }

  #follow({ event, progress }: StackActivity): void {
    const { ResourceStatus = "", ResourceType = "", LogicalResourceId = "" } = event;
    if (ResourceType === "AWS::CloudFormation::Stack" && event.PhysicalResourceId === event.StackId)
      return;
    const resource = LogicalResourceId;
    if (ResourceStatus.endsWith("_COMPLETE")) this.#done.add(resource);
    if (ResourceStatus.endsWith("_FAILED")) {
      const reason = event.ResourceStatusReason ?? "no reason was given";
      // Those are ended because another one failed.
      if (!/cancelled/i.test(reason)) {
        this.#failures.push({ resource, type: ResourceType, reason });
      }
    }
    const { completed: done, total } = progress;
    this.#onProgress({ stack: event.StackName ?? "", done, total, resource });
  }
}
