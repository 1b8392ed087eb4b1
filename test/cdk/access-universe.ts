import { ownQueuePrefix, REPLY_QUEUES, setQueues } from "../../lib/aws/parameter-sets.ts";
import { partitionQueuePrefix } from "../../lib/aws/storage/object-keys.ts";
import { ACCOUNT, type Attempt, REGION } from "./iam.ts";

/*
 * All that roles are tried at, by what it is in words. Requests are as AWS tells IAM of them: with the partition keys of
 * rows, the tags of queues, the prefixes of listings. Each has several requests, which must be decided alike.
 */

export const TABLE = "rows";
export const BUCKET = "objects";
const EPHEMERAL = "~0123456789abcdefghjkmnpqr";

const arn = (service: string, rest: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

export const lambdaArn = (name: string): string => arn("lambda", `function:${name}`);
export const accessPoint = (path: string): string =>
  arn("elasticfilesystem", `access-point/${path}`);

const on = (resource: string, actions: string, context?: Attempt["context"]): Attempt[] =>
  actions.split(" ").map((action) => ({ action, resource, ...(context && { context }) }));

const row = (actions: string, ...keys: readonly string[]): Attempt[] =>
  on(arn("dynamodb", `table/${TABLE}`), actions.replaceAll(/\b([A-Z])/g, "dynamodb:$1"), {
    "dynamodb:LeadingKeys": [...keys],
  });

const object = (actions: string, key: string, bucket = BUCKET): Attempt[] =>
  on(`arn:aws:s3:::${bucket}/${key}`, actions.replaceAll(/\b([A-Z])/g, "s3:$1"));

const list = (prefix: string, bucket = BUCKET): Attempt[] =>
  on(`arn:aws:s3:::${bucket}`, "s3:ListBucket", { "s3:prefix": prefix });

const queue = (actions: string, name: string, tags?: Record<string, string>): Attempt[] =>
  on(
    arn("sqs", name),
    actions.replaceAll(/\b([A-Z])/g, "sqs:$1"),
    tags &&
      Object.fromEntries(
        Object.entries(tags).map(([tag, value]) => [`aws:ResourceTag/windlass:${tag}`, value]),
      ),
  );

const TAKE = "ReceiveMessage DeleteMessage ChangeMessageVisibility";

type Universe = Readonly<Record<string, readonly Attempt[]>>;

/** What an app has, beside its functions. */
function appThings(app: string, environment = "default"): Universe {
  const call = [`${app}#call#fc-1`, `${app}#call#fc-1#0`, `${app}#call#key#f#hash`] as const;
  const reply = `${ownQueuePrefix(environment, app)}${REPLY_QUEUES}0123456789abcdef`;
  return {
    [`read calls of ${app}`]: call.flatMap((key) => row("GetItem Query", key)),
    [`write calls of ${app}`]: call.flatMap((key) => row("PutItem", key)),
    [`check calls of ${app}`]: row("ConditionCheckItem", call[0]),
    [`delete calls of ${app}`]: [...row("DeleteItem UpdateItem BatchWriteItem", call[0])],
    [`note messages of ${app}`]: row("GetItem PutItem", `${app}#message#fc-1`),
    [`read the deployment of ${app}`]: row("GetItem", `${app}#deployment`),
    [`set the autoscaler of ${app}`]: row("PutItem", `${app}#deployment`),
    [`remove the deployment of ${app}`]: row("DeleteItem", `${app}#deployment`),
    [`read parameter sets of ${app}`]: row("GetItem", `${app}#parameters`),
    [`note parameter sets of ${app}`]: row("PutItem", `${app}#parameters`),
    [`list containers of ${app}`]: row("Query", `${app}#containers`),
    [`write containers of ${app}`]: row("GetItem PutItem", `${app}#containers`),
    [`remove containers of ${app}`]: row("DeleteItem", `${app}#containers`),
    [`wait for replies of ${app}`]: [
      ...row("PutItem DeleteItem", `${app}#sessions`),
      ...queue(`CreateQueue DeleteQueue SendMessage GetQueueAttributes ${TAKE}`, reply),
    ],
    [`list who waits for replies of ${app}`]: row("Query", `${app}#sessions`),
    [`read notices of pools of ${app}`]: row("GetItem Query", `${app}#pools`),
    [`write notices of pools of ${app}`]: row("PutItem", `${app}#pools`),
    [`read or change the history of ${app}`]: row("Query PutItem DeleteItem", `${app}#history`),
    [`read or change the sweep of ${app}`]: row("GetItem PutItem DeleteItem", `${app}#sweep`),
    [`read or change schedules of ${app}`]: [
      ...row("GetItem Query PutItem DeleteItem", `${app}#schedules`),
      ...row("GetItem Query PutItem DeleteItem", `${app}#schedule-times`),
    ],
    [`read and write pages of ${app}`]: object("GetObject PutObject", `calls/${app}/fc-1/in/0`),
    [`delete pages of ${app}`]: object("DeleteObject", `calls/${app}/fc-1/in/0`),
    [`read the bundle of ${app}`]: object("GetObject", `bundles/${app}/1.mjs`),
    [`read the manifest of ${app}`]: object("GetObject", `manifests/${app}/1.json`),
    [`change the code of ${app}`]: [
      ...object("PutObject DeleteObject", `bundles/${app}/1.mjs`),
      ...object("PutObject DeleteObject", `manifests/${app}/1.json`),
      ...object("GetObject PutObject DeleteObject", `templates/${app}/1.json`),
    ],
    [`list objects of ${app}`]: ["calls", "bundles", "manifests", "templates"].flatMap((folder) =>
      list(`${folder}/${app}/`),
    ),
    [`tell events of ${app}`]: on(arn("events", "event-bus/windlass-default"), "events:PutEvents", {
      "events:source": [`windlass.${app}`],
    }),
    [`tell failures of ${app}`]: queue("SendMessage", "any", { app, environment }),
    [`read failures of ${app}`]: queue(TAKE, "any", { app, environment }),
    [`remove queues of ${app}`]: [
      ...queue("DeleteQueue PurgeQueue SetQueueAttributes TagQueue", "any", { app, environment }),
      ...queue("DeleteQueue PurgeQueue", "any", { app, environment, function: "resize" }),
    ],
  };
}

/** What a function of an app has; classes have queues for sets of parameters, made by who calls them first. */
function functionThings(app: string, name: string, environment = "default"): Universe {
  const tags = { app, environment, function: name };
  const set = `${ownQueuePrefix(environment, app)}${setQueues(name)}0123456789ab`;
  return {
    [`call ${app}/${name}`]: [
      ...queue("SendMessage GetQueueAttributes", "any", tags),
      ...queue("CreateQueue SendMessage GetQueueAttributes", set),
    ],
    [`take calls of ${app}/${name}`]: [...queue(TAKE, "any", tags), ...queue(TAKE, set)],
  };
}

/** Objects of the environment. */
function objectThings(name: string): Universe {
  const partition = `${partitionQueuePrefix("default", name)}x.fifo`;
  const parameters = (path: string): Attempt[] =>
    on(arn("ssm", `parameter/windlass-secrets/default/${path}`), "ssm:GetParametersByPath");
  const managed = arn("secretsmanager", `secret:windlass/default/${name}-a1B2c3`);
  const entries = (kind: string): Attempt[] => [
    ...row("GetItem BatchGetItem PutItem UpdateItem DeleteItem", `#${kind}#${name}`),
    ...row("Query PutItem BatchWriteItem DeleteItem", `#${kind}#${name}#generation#3`),
    ...object("GetObject PutObject DeleteObject", `stored/${kind}/${name}/generation/1`),
  ];
  return {
    [`use dict ${name}`]: entries("dict"),
    [`use queue ${name}`]: [
      ...entries("queue"),
      ...queue(`CreateQueue GetQueueUrl SendMessage GetQueueAttributes ${TAKE}`, partition),
    ],
    [`remove what keeps queue ${name}`]: queue("DeleteQueue", partition),
    [`use volume ${name}`]: [
      ...row("GetItem PutItem", `#volume#${name}`),
      ...object("GetObject PutObject DeleteObject", `volumes/${name}/id/objects/20000/hash`),
    ],
    [`list volume ${name}`]: list(`volumes/${name}/id/objects/`),
    [`read secret ${name}`]: [
      ...row("GetItem", `#secret#${name}`),
      ...[...parameters(name), ...parameters(`${name}/KEY`)],
      ...on(managed, "secretsmanager:GetSecretValue"),
    ],
    [`change secret ${name}`]: [
      ...row("PutItem DeleteItem", `#secret#${name}`),
      ...on(
        arn("ssm", `parameter/windlass-secrets/default/${name}/KEY`),
        "ssm:PutParameter ssm:DeleteParameters ssm:GetParameterHistory",
      ),
      ...on(managed, "secretsmanager:PutSecretValue secretsmanager:DeleteSecret"),
    ],
  };
}

/** Buckets of the user's, and folders of the shared file system. */
const MOUNTS: Universe = {
  "read photos/in": object("GetObject", "in/a.png", "photos"),
  "write photos/in": object("PutObject DeleteObject AbortMultipartUpload", "in/a.png", "photos"),
  "list photos/in": list("in/2026/", "photos"),
  "read photos/out": object("GetObject", "out/a.png", "photos"),
  "write photos/out": object("PutObject DeleteObject AbortMultipartUpload", "out/a.png", "photos"),
  "list photos/out": list("out/2026/", "photos"),
  "read or list the rest of photos": [
    ...object("GetObject PutObject DeleteObject", "inside/a.png", "photos"),
    ...[...list("", "photos"), ...list("inside/", "photos")],
    ...on("arn:aws:s3:::photos", "s3:ListBucket"),
  ],
  "read another bucket": [...object("GetObject", "in/a.png", "private"), ...list("in/", "private")],
  ...Object.fromEntries(
    ["/volumes/shared", "/volumes/other"].flatMap((path) => {
      const context = { "elasticfilesystem:AccessPointArn": accessPoint(path) };
      const files = arn("elasticfilesystem", "file-system/fs-1");
      return [
        [`mount ${path}`, on(files, "elasticfilesystem:ClientMount", context)],
        [`write to ${path}`, on(files, "elasticfilesystem:ClientWrite", context)],
      ];
    }),
  ),
  "mount all of the file system": on(
    arn("elasticfilesystem", "file-system/fs-1"),
    "elasticfilesystem:ClientMount elasticfilesystem:ClientWrite",
  ),
};

/** What belongs to the environment, and what a container has nothing to do with. */
const REST: Universe = {
  "use objects without a name": [
    ...row("GetItem PutItem", `#dict#${EPHEMERAL}`),
    ...row("Query PutItem", `#queue#${EPHEMERAL}#generation#1`),
    ...row("GetItem PutItem", `#volume#${EPHEMERAL}`),
    ...object("GetObject PutObject", `volumes/${EPHEMERAL}/id/root`),
    ...queue(
      "CreateQueue SendMessage DeleteQueue",
      `${partitionQueuePrefix("default", EPHEMERAL)}x.fifo`,
    ),
  ],
  "find objects without a name": [
    ...list(`volumes/${EPHEMERAL}/`),
    ...["#dicts", "#queues", "#volumes", "#made-queues"].flatMap((key) => row("Query", key)),
  ],
  "list what it makes": ["#dicts", "#queues", "#volumes", "#made-queues"].flatMap((key) =>
    row("PutItem", key),
  ),
  "read a secret whose values are in code": on(
    arn("ssm", "parameter/windlass-inline-secrets/default/alpha/0/KEY"),
    "ssm:GetParametersByPath",
  ),
  "wake the controller": on(lambdaArn("controller"), "lambda:InvokeFunction"),
  "begin scheduled runs": on(lambdaArn("schedules"), "lambda:InvokeFunction"),
  "invoke other functions": ["deployment", "controller-2", "theirs"].flatMap((name) =>
    on(lambdaArn(name), "lambda:InvokeFunction"),
  ),
  "read or write the controller's rows": row("GetItem PutItem", "#controller"),
  "read or write the list of apps": row("Query PutItem", "#apps"),
  "smuggle a key of others among its own": [
    ...row("BatchGetItem BatchWriteItem", "alpha#call#fc-1", "beta-2#call#fc-1"),
    ...row("BatchGetItem BatchWriteItem", `#dict#${EPHEMERAL}`, "#dict#cache-2"),
  ],
  "read rows without naming a key": [
    ...row("Scan DeleteTable").map(({ action, resource }) => ({ action, resource })),
    ...on(arn("dynamodb", `table/${TABLE}`), "dynamodb:GetItem dynamodb:Query"),
  ],
  "list the bucket": [...list(""), ...on(`arn:aws:s3:::${BUCKET}`, "s3:ListBucket")],
  "tell other events": [
    ...on(arn("events", "event-bus/windlass-default"), "events:PutEvents"),
    ...on(arn("events", "event-bus/default"), "events:PutEvents", {
      "events:source": ["windlass.alpha"],
    }),
  ],
  "read facts and secrets of all": [
    ...on(arn("ssm", "parameter/windlass-secrets/default"), "ssm:GetParametersByPath"),
    ...on(arn("ssm", "parameter/windlass/default/table-name"), "ssm:GetParameter"),
    ...on(arn("secretsmanager", "secret:prod/db-a1B2c3"), "secretsmanager:GetSecretValue"),
  ],
  "use queues that are nobody's": queue(`SendMessage ${TAKE}`, "any"),
  "use queues of another environment": [
    ...queue(`SendMessage ${TAKE}`, "any", { app: "alpha", environment: "staging" }),
    ...queue("SendMessage", "any", { app: "alpha", environment: "staging", function: "resize" }),
    ...queue("SendMessage", `${ownQueuePrefix("staging", "alpha")}${REPLY_QUEUES}1`),
  ],
  "publish failures": on(arn("sns", "failures"), "sns:Publish"),
  "publish to other topics": on(arn("sns", "others"), "sns:Publish"),
  "become somebody else": [
    ...on(`arn:aws:iam::${ACCOUNT}:role/windlass/default/Alpha`, "iam:PassRole", {
      "iam:PassedToService": "ecs-tasks.amazonaws.com",
    }),
    ...on(`arn:aws:iam::${ACCOUNT}:role/windlass/default/Alpha`, "sts:AssumeRole"),
    ...on(`arn:aws:iam::${ACCOUNT}:role/Admin`, "sts:AssumeRole iam:PassRole"),
  ],
  "change access": [
    ...on(`arn:aws:iam::${ACCOUNT}:role/x`, "iam:CreateRole iam:PutRolePolicy iam:GetRole"),
    ...on(`arn:aws:s3:::${BUCKET}`, "s3:PutBucketPolicy s3:DeleteBucket s3:GetBucketPolicy"),
    ...on(lambdaArn("controller"), "lambda:UpdateFunctionCode lambda:AddPermission"),
    ...on(arn("cloudformation", "stack/Windlass-default/1"), "cloudformation:UpdateStack"),
    ...on(arn("events", "rule/x"), "events:PutRule events:PutTargets"),
    ...on(arn("scheduler", "schedule/default/x"), "scheduler:CreateSchedule"),
  ],
  "run machines and containers": [
    ...on(arn("ec2", "instance/i-1"), "ec2:RunInstances ec2:TerminateInstances"),
    ...on(arn("ecs", "task-definition/x:1"), "ecs:RunTask", {
      "ecs:cluster": arn("ecs", "cluster/hosts"),
    }),
    ...on(arn("ecs", "task/hosts/1"), "ecs:StopTask ecs:ExecuteCommand"),
    ...on("*", "ec2:DescribeInstances ecs:ListClusters sqs:ListQueues"),
  ],
  "be a host": [
    ...on(arn("ecs", "container-instance/hosts/1"), "ecs:Poll ecs:DescribeContainerInstances", {
      "ecs:cluster": arn("ecs", "cluster/hosts"),
    }),
    ...on(arn("ecs", "cluster/hosts"), "ecs:RegisterContainerInstance ecs:SubmitTaskStateChange"),
  ],
  "be a host of another cluster": [
    ...on(arn("ecs", "container-instance/others/1"), "ecs:Poll ecs:DescribeContainerInstances", {
      "ecs:cluster": arn("ecs", "cluster/others"),
    }),
    ...on(arn("ecs", "cluster/others"), "ecs:RegisterContainerInstance ecs:SubmitTaskStateChange"),
  ],
  "write logs": on(
    arn("logs", "log-group:alpha:log-stream:1"),
    "logs:CreateLogStream logs:PutLogEvents",
  ),
  "read logs": on(arn("logs", "log-group:alpha:log-stream:1"), "logs:GetLogEvents"),
  "pull images": [
    ...on("*", "ecr:GetAuthorizationToken"),
    ...on(arn("ecr", "repository/images"), "ecr:BatchGetImage ecr:GetDownloadUrlForLayer"),
  ],
  "push images": on(arn("ecr", "repository/images"), "ecr:PutImage ecr:CompleteLayerUpload"),
};

const OBJECTS = ["cache", "jobs", "models", "openai"] as const;

/** All of it: this app and its functions, others with names that begin alike, objects of each kind and name. */
export const UNIVERSE: Universe = {
  ...appThings("alpha"),
  ...appThings("beta"),
  ...appThings("alpha-2"),
  ...functionThings("alpha", "resize"),
  ...functionThings("alpha", "render"),
  ...functionThings("alpha", "Model"),
  ...functionThings("beta", "resize"),
  ...functionThings("beta", "price"),
  ...functionThings("alpha-2", "resize"),
  ...Object.assign({}, ...[...OBJECTS, ...OBJECTS.map((name) => `${name}-2`)].map(objectThings)),
  ...MOUNTS,
  ...REST,
};
