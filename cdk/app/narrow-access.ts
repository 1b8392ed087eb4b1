import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { ownQueuePrefix, REPLY_QUEUES, setQueues } from "../../lib/aws/parameter-sets.ts";
import type { FunctionSpec, UseSpec } from "../../lib/spec.ts";
import {
  type AccessProps,
  namedQueues,
  objectsOf,
  ownData,
  rows,
  taggedQueues,
  USE_QUEUE,
} from "./access.ts";
import { objectAccess } from "./object-access.ts";

/** What replies travel through: made and removed by who waits for them. */
const REPLIES: readonly string[] = [...USE_QUEUE, "sqs:CreateQueue", "sqs:DeleteQueue"];
/** What whoever calls does to a queue; how much waits there is what `getCurrentStats` tells. */
const CALL: readonly string[] = ["sqs:SendMessage", "sqs:GetQueueAttributes"];
/** Names of queues of any parameter sets; those of reply queues have no "-" there. */
const ANY_SET = "????????-*";

/**
 * What the containers of a function with `uses` may do: take from its own queues, send to those that it uses. Rows and
 * objects are those of its whole app, which has no others.
 */
export function narrowAccess(
  scope: Construct,
  spec: FunctionSpec,
  props: AccessProps,
): PolicyStatement[] {
  const { name, uses } = spec;
  const { app, environment } = props;
  const prefix = ownQueuePrefix(environment, app);
  const byApp = new Map<string, UseSpec[]>();
  for (const use of uses ?? []) {
    const called = use.app ?? app;
    byApp.set(called, [...(byApp.get(called) ?? []), use]);
  }
  const others = [...byApp.keys()].filter((other) => other !== app);
  return [
    ...ownData(scope, props),
    ...objectAccess(scope, [spec], props),
    taggedQueues(scope, props, { actions: USE_QUEUE, functions: [name] }),
    namedQueues(scope, [`${prefix}${setQueues(name)}*`], [...USE_QUEUE, "sqs:CreateQueue"]),
    namedQueues(
      scope,
      [app, ...others].map((one) => `${ownQueuePrefix(environment, one)}${REPLY_QUEUES}*`),
      REPLIES,
    ),
    ...(others.length > 0 ? callData(scope, props, others) : []),
    ...[...byApp].map(([called, ofApp]) =>
      taggedQueues(
        scope,
        { app: called, environment },
        { actions: CALL, functions: namesIn(ofApp) },
      ),
    ),
    ...(byApp.size > 0 ? [callSets(scope, environment, byApp)] : []),
  ];
}

/** Rows and objects that whoever calls functions of these apps needs. Neither their containers' nor who else waits. */
function callData(
  scope: Construct,
  { tableName, bucketName }: AccessProps,
  apps: readonly string[],
): PolicyStatement[] {
  const data = (actions: readonly string[], kinds: readonly string[]): PolicyStatement =>
    rows(scope, tableName, {
      keys: apps.flatMap((app) => kinds.map((kind) => `${app}#${kind}`)),
      actions,
    });
  const objects = (folder: string): string[] =>
    apps.map((app) => objectsOf(scope, bucketName, `${folder}/${app}/*`));
  const allow = (actions: string[], resources: string[]): PolicyStatement =>
    new PolicyStatement({ actions, resources });
  return [
    data(["GetItem", "Query"], ["call#*", "deployment", "parameters"]),
    data(["Query"], ["containers"]),
    data(["PutItem"], ["call#*", "sessions", "parameters"]),
    data(["DeleteItem"], ["sessions"]),
    allow(["s3:GetObject", "s3:PutObject"], objects("calls")),
    allow(["s3:GetObject"], objects("manifests")),
  ];
}

/** Queues of parameter sets of the classes that are called: a name may be one of a class. */
function callSets(
  scope: Construct,
  environment: string,
  byApp: ReadonlyMap<string, readonly UseSpec[]>,
): PolicyStatement {
  const names = [...byApp].flatMap(([app, uses]) => {
    const functions = namesIn(uses);
    const sets = functions === "all" ? [ANY_SET] : functions.map((name) => `${setQueues(name)}*`);
    return sets.map((set) => `${ownQueuePrefix(environment, app)}${set}`);
  });
  return namedQueues(scope, names, ["sqs:CreateQueue", ...CALL]);
}

function namesIn(uses: readonly UseSpec[]): readonly string[] | "all" {
  const names = uses.flatMap(({ name }) => (name === null ? [] : [name]));
  return names.length < uses.length ? "all" : names;
}
