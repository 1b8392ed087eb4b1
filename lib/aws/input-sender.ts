import type { CallRequest, InputPage, Target } from "../backend.ts";
import { explodePage, joinPages } from "../codec/slice.ts";
import { NotFoundError } from "../errors.ts";
import { variantSpec } from "../variant.ts";
import { type Deployment, type Deployments, functionOf } from "./deployments.ts";
import type { Manifest } from "./manifest.ts";
import type { Objects } from "./objects.ts";
import { type ParameterSets, poolOf } from "./parameter-sets.ts";
import type { Queues } from "./queues.ts";
import { sealInputs } from "./range-message.ts";
import type { ReplySession } from "./reply-session.ts";
import { nextBlock } from "./stored-results.ts";

export interface InputSenderOptions {
  readonly app: string;
  readonly queues: Queues;
  readonly objects: Objects;
  readonly deployments: Deployments;
  readonly parameters: ParameterSets;
  readonly session: ReplySession;
}

export interface SendOptions {
  /** Results are to be told on the reply queue. */
  readonly isWaitedFor: boolean;
  /** One container runs them at a time, whatever the queue doubles. @default false */
  readonly isExclusive?: boolean;
}

/** What became of inputs that were sent. */
export interface Sent {
  /** Where their ranges start. */
  readonly starts: number[];
  readonly hasReplies: boolean;
  /** Number of the deployment that they were sent under. */
  readonly deployment: number;
}

/** Sends inputs to the queue of their pool. */
export class InputSender {
  readonly #options: InputSenderOptions;

  constructor(options: InputSenderOptions) {
    this.#options = options;
  }

  /** The queue of a target. @throws NotFoundError when it is not deployed */
  async queueOf(target: Target, deployment: Deployment): Promise<string> {
    refuseOtherApp(target, deployment.manifest);
    const { spec, queueUrl } = functionOf(deployment, target.name);
    // Refused here, where the caller is told at once.
    variantSpec(spec, target.variant);
    return poolOf(target) === target.name
      ? queueUrl
      : await this.#options.parameters.queueOf(target);
  }

  async send(
    asked: CallRequest,
    page: InputPage,
    { isWaitedFor, isExclusive }: SendOptions,
  ): Promise<Sent> {
    const { app, queues, objects, deployments } = this.#options;
    const deployment = await deployments.current();
    const queueUrl = await this.queueOf(asked.target, deployment);
    const { number } = deployment.row;
    const request = { ...asked, target: { ...asked.target, app } };
    const replyTo = isWaitedFor ? await this.#replyTo(asked) : undefined;
    // Of calls that go on without their callers, and of what those call.
    const isTraced = !isWaitedFor || page.parent !== undefined || undefined;
    const how = { replyTo, isExclusive, isTraced };
    const common = { request, unary: page.unary, attempt: 0, isChild: false, ...how };
    const parts = cutAtBlocks(page);
    await Promise.all(
      parts.map(async ({ start, count, args }) => {
        const span = { start, end: start + count };
        const inputs = { ...common, ...span, args, deployment: number };
        const body = await sealInputs(inputs, objects);
        await queues.send(queueUrl, { body, group: request.callId });
      }),
    );
    const starts = parts.map(({ start }) => start);
    const hasReplies = replyTo !== undefined && this.#options.session.isReliable;
    return { starts, hasReplies, deployment: number };
  }

  /** Where results go; while there is no queue for them yet, only items wait for one. */
  async #replyTo({ kind }: CallRequest): Promise<string | undefined> {
    const { session } = this.#options;
    const replyTo = kind === "generator" ? await session.ready() : session.url;
    if (replyTo !== undefined) session.listen();
    return replyTo;
  }
}

/** A page as pages that lie within one block each. */
function cutAtBlocks(page: InputPage): InputPage[] {
  const end = page.start + page.count;
  if (end <= nextBlock(page.start)) return [page];
  const singles = explodePage(page.args);
  const parts: InputPage[] = [];
  for (let start = page.start; start < end; start = nextBlock(start)) {
    const until = Math.min(end, nextBlock(start));
    const args = joinPages(singles.slice(start - page.start, until - page.start));
    parts.push({ ...page, start, count: until - start, args });
  }
  return parts;
}

/** In its module an app may have another name than it is deployed under; both are good. */
function refuseOtherApp(target: Target, { app, module }: Manifest): void {
  if (target.app === app || target.app === module) return;
  throw new NotFoundError(
    "WINDLASS_OTHER_APP_ON_AWS",
    `"${target.name}" of app "${target.app}" has nowhere to run: this is app "${app}"`,
    {
      hint: `include that app, so that both are deployed together: \`app.include(…)\` in "${module}"`,
    },
  );
}
