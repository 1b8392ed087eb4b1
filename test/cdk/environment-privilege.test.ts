import { expect, it } from "vitest";
import { BUCKET, lambdaArn, TABLE, UNIVERSE } from "./access-universe.ts";
import {
  ACCOUNT,
  type Attempt,
  decide,
  type IdentityPolicy,
  policiesOfRole,
  REGION,
} from "./iam.ts";
import { environmentStack, toJson } from "./synth.ts";

const template = toJson(environmentStack());

/** Policies of a role of the environment, as they are once it is deployed. */
function policiesIn(description: string): IdentityPolicy[] {
  const named: Readonly<Record<string, string>> = {
    "AWS::DynamoDB::Table": `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${TABLE}`,
    "AWS::S3::Bucket": `arn:aws:s3:::${BUCKET}`,
    "AWS::ECS::Cluster": "hosts",
    "AWS::EC2::LaunchTemplate": "lt-1",
    "AWS::Logs::LogGroup": `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:alpha:*`,
  };
  const values = Object.entries(template.Resources).flatMap(([id, { Type }]) => {
    const isController = Type === "AWS::Lambda::Function" && id.includes("Controller");
    return [
      [id, isController ? lambdaArn("controller") : (named[Type] ?? id)],
      ...(Type === "AWS::ECS::Cluster"
        ? [[`${id}.Arn`, `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/hosts`]]
        : []),
    ];
  });
  return policiesOfRole(template, description, Object.fromEntries(values));
}

/** What an attempt is about, in words. */
function subjectOf({ resource, context = {} }: Attempt): string {
  const { "dynamodb:LeadingKeys": keys, "s3:prefix": prefix, "events:source": source } = context;
  const environment = context["aws:ResourceTag/windlass:environment"];
  const [, service = "", path = ""] = /^arn:aws:([\w-]+):[^:]*:[^:]*:(.+)$/.exec(resource) ?? [];
  if (keys !== undefined) return `row ${[keys].flat().join(" and ")}`;
  if (prefix !== undefined) return `list ${path}/${prefix}`;
  if (source !== undefined) return `${path} of ${source}`;
  if (environment !== undefined) return `queue of ${environment}`;
  const cluster = context["ecs:cluster"];
  return `${service === "sqs" ? "queue " : ""}${path}${cluster === undefined ? "" : ` in ${cluster}`}`;
}

type Rule = readonly [actions: RegExp, subject: RegExp];
const LOOK = /^sqs:(GetQueueAttributes|ReceiveMessage|ChangeMessageVisibility|DeleteMessage)$/;
const EVENTS: Rule = [/^events:PutEvents$/, /^event-bus\/windlass-default of windlass\./];
const LOGS: Rule = [/^logs:(CreateLogStream|PutLogEvents)$/, /^log-group:alpha/];
const WAKE: Rule = [/^lambda:InvokeFunction$/, /^function:controller$/];

/** All that each role may do, of what is tried. */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  "The controller of": [
    [
      /^dynamodb:(GetItem|Query|PutItem|DeleteItem|ConditionCheckItem)$/,
      /^row (#controller|[\w-]+#(containers|pools|sessions|parameters))$/,
    ],
    [/^dynamodb:(GetItem|Query)$/, /^row (#apps|[\w-]+#deployment|[\w-]+#call#\S+)$/],
    [/^dynamodb:PutItem$/, /^row [\w-]+#call#\S+$/],
    [/^dynamodb:(Query|DeleteItem)$/, /^row (#made-queues|[\w-]+#history)$/],
    [/^dynamodb:(GetItem|PutItem)$/, /^row (#queue#\S+|[\w-]+#sweep)$/],
    [/^s3:GetObject$/, /^objects\/manifests\//],
    [/^s3:DeleteObject$/, /^objects\/(bundles|manifests|templates)\//],
    [/^s3:ListBucket$/, /^list objects\/(bundles|manifests|templates)\//],
    [LOOK, /^queue (of default$|windlass-default-)/],
    [/^sqs:SendMessage$/, /^queue of default$/],
    [/^sqs:DeleteQueue$/, /^queue windlass-default-/],
    [/^sqs:(GetQueueUrl|DeleteQueue)$/, /^queue windlass-default_[qe]_/],
    [/^ecs:RunTask$/, /^task-definition\/x:1 in .*cluster\/hosts$/],
    [/^ecs:DescribeContainerInstances$/, /^container-instance\/hosts\/1 in .*cluster\/hosts$/],
    [/^ec2:DescribeInstances$/, /^$/],
    [/^iam:PassRole$/, /^role\/windlass\/default\//],
    ...[EVENTS, LOGS],
  ],
  "Deployments of": [
    [
      /^dynamodb:(GetItem|Query|PutItem|DeleteItem|ConditionCheckItem)$/,
      /^row (#apps|[\w-]+#(deployment|history|sweep))$/,
    ],
    [/^dynamodb:(GetItem|Query)$/, /^row [\w-]+#(parameters|call#\S+)$/],
    [/^s3:PutObject$/, /^objects\/(bundles|manifests)\//],
    [/^s3:(GetObject|DeleteObject)$/, /^objects\/manifests\//],
    [/^s3:ListBucket$/, /^list objects\/manifests\//],
    [LOOK, /^queue (of default$|windlass-default-)/],
    ...[WAKE, EVENTS, LOGS],
  ],
  "Schedules of": [
    [/^dynamodb:(GetItem|Query|PutItem)$/, /^row [\w-]+#(schedules|schedule-times|call#\S+)$/],
    [/^dynamodb:GetItem$/, /^row [\w-]+#deployment$/],
    [/^s3:GetObject$/, /^objects\/(manifests|calls)\//],
    [/^sqs:SendMessage$/, /^queue of default$/],
    [/^sts:AssumeRole$/, /^role\/windlass\/default\//],
    ...[WAKE, LOGS],
  ],
  "The front of": [
    [
      /^dynamodb:(GetItem|Query)$/,
      /^row (#apps|[\w-]+#(deployment|pools|containers|answers|call#\S+))$/,
    ],
    [/^dynamodb:PutItem$/, /^row [\w-]+#call#\S+$/],
    [/^s3:GetObject$/, /^objects\/(manifests|calls)\//],
    [/^s3:PutObject$/, /^objects\/calls\//],
    [/^sqs:(SendMessage|GetQueueAttributes)$/, /^queue of default$/],
    ...[WAKE, LOGS],
  ],
  "Hosts of": [
    [
      /^ecs:(Poll|DescribeContainerInstances)$/,
      /^container-instance\/hosts\/1 in .*cluster\/hosts$/,
    ],
    [/^ecs:(RegisterContainerInstance|SubmitTaskStateChange)$/, /^cluster\/hosts$/],
  ],
};

it.each(Object.entries(RULES))(
  "%s an environment may do this, and nothing else that there is",
  async (description, rules) => {
    const policies = policiesIn(description);
    const wrong: string[] = [];
    const unused = new Set(rules);
    for (const attempt of Object.values(UNIVERSE).flat()) {
      const subject = subjectOf(attempt);
      const rule = rules.find(([actions, about]) => {
        return actions.test(attempt.action) && about.test(subject);
      });
      if (rule !== undefined) unused.delete(rule);
      const answer = await decide(policies, attempt);
      if (answer !== (rule === undefined ? "ImplicitlyDenied" : "Allowed")) {
        wrong.push(`${attempt.action} ${subject}: ${answer}`);
      }
    }
    expect(wrong).toEqual([]);
    expect([...unused]).toEqual([]);
  },
);
