import { type CustomResource, Stack } from "aws-cdk-lib";
import {
  AccountRootPrincipal,
  CompositePrincipal,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { CfnSchedule, type CfnScheduleProps } from "aws-cdk-lib/aws-scheduler";
import { Construct } from "constructs";
import { scheduleText } from "../../lib/schedules/text.ts";
import { LATE_MS } from "../../lib/schedules/times.ts";
import type { FunctionSpec, ScheduleSpec } from "../../lib/spec.ts";
import { appRolePath } from "../names.ts";
import { SCHEDULED_TIME, type ScheduleEvent } from "../schedules/event.ts";
import { scheduleExpressions } from "./schedule-expression.ts";

/** The most that EventBridge Scheduler takes [RetryPolicy]; the age of the event ends them before. */
const MAX_RETRIES = 185;

export interface AppSchedulesProps {
  readonly app: string;
  readonly environment: string;
  readonly functions: readonly FunctionSpec[];
  /** What they invoke, and its role; asked for where there are any. */
  readonly scheduleFunction: () => { readonly arn: string; readonly roleArn: string };
  readonly deadLetterQueueArn: string;
  readonly encryptionKey: IKey | undefined;
}

/**
 * Schedules of an app, and their role. Whether one is paused is a row of the table and not said here: a deployment would
 * undo it.
 */
export class AppSchedules extends Construct {
  /** ARN of the role; undefined where nothing is scheduled. */
  readonly roleArn: string | undefined;
  readonly #schedules: CfnSchedule[] = [];

  constructor(scope: Construct, id: string, props: AppSchedulesProps) {
    super(scope, id);
    const scheduled = scheduledFunctions(props.functions);
    if (scheduled.length === 0) return;
    const role = this.#createRole(scheduled, props);
    this.roleArn = role.roleArn;
    const invoke = this.#target(role, props);
    // Scopes of their own: a function may have any name.
    const scopes = ["Functions", "Weekdays"].map((scope) => new Construct(this, scope));
    for (const { name, schedule } of scheduled) {
      for (const [index, scheduleExpression] of scheduleExpressions(schedule).entries()) {
        const event: ScheduleEvent = {
          kind: "fire",
          app: props.app,
          function: name,
          scheduledAt: SCHEDULED_TIME,
        };
        this.#add(scopes[index] ?? this, name, {
          description: `Windlass: ${name} of ${props.app} runs ${scheduleText(schedule)}`,
          scheduleExpression,
          scheduleExpressionTimezone: schedule.kind === "cron" ? schedule.timezone : "UTC",
          ...invoke(event),
        });
      }
    }
    if (!scheduled.some(({ schedule }) => isWatched(schedule))) return;
    this.#add(this, "Watch", {
      description: `Windlass: looks after scheduled runs of ${props.app}`,
      scheduleExpression: "rate(1 minute)",
      ...invoke({ kind: "watch", app: props.app }),
    });
  }

  /** They begin with the deployment: the first tick of a period is what it is counted from, and comes at once. */
  beginWith(deployment: CustomResource): void {
    for (const schedule of this.#schedules) schedule.node.addDependency(deployment);
  }

  #add(scope: Construct, id: string, props: CfnScheduleProps): void {
    this.#schedules.push(new CfnSchedule(scope, id, props));
  }

  #target(
    role: Role,
    { scheduleFunction, deadLetterQueueArn }: AppSchedulesProps,
  ): (event: ScheduleEvent) => Pick<CfnScheduleProps, "flexibleTimeWindow" | "target"> {
    const { arn } = scheduleFunction();
    return (event) => ({
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn,
        roleArn: role.roleArn,
        input: JSON.stringify(event),
        // A run that could not begin within this time does not begin any more.
        retryPolicy: {
          maximumEventAgeInSeconds: LATE_MS / 1000,
          maximumRetryAttempts: MAX_RETRIES,
        },
        deadLetterConfig: { arn: deadLetterQueueArn },
      },
    });
  }

  /** Used by EventBridge Scheduler, and by the function that tells of failed runs. */
  #createRole(
    scheduled: readonly ScheduledFunction[],
    { app, environment, scheduleFunction, deadLetterQueueArn, encryptionKey }: AppSchedulesProps,
  ): Role {
    const stack = Stack.of(this);
    const { arn, roleArn } = scheduleFunction();
    const group = stack.formatArn({
      service: "scheduler",
      resource: "schedule-group",
      resourceName: "default",
    });
    const role = new Role(this, "Role", {
      assumedBy: new CompositePrincipal(
        new ServicePrincipal("scheduler.amazonaws.com", {
          conditions: {
            StringEquals: { "aws:SourceAccount": stack.account },
            ArnEquals: { "aws:SourceArn": group },
          },
        }),
        // By a condition: a principal would have to be there, and to stay the same one.
        new AccountRootPrincipal().withConditions({
          ArnEquals: { "aws:PrincipalArn": roleArn },
        }),
      ),
      path: appRolePath(environment),
      description: `Schedules of the Windlass app ${app}`,
      inlinePolicies: {
        schedules: new PolicyDocument({
          statements: [
            new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [arn] }),
            new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [deadLetterQueueArn] }),
            ...publishStatements(scheduled),
          ],
        }),
      },
    });
    encryptionKey?.grantEncryptDecrypt(role);
    return role;
  }
}

interface ScheduledFunction {
  readonly name: string;
  readonly schedule: ScheduleSpec;
}

function scheduledFunctions(functions: readonly FunctionSpec[]): ScheduledFunction[] {
  return functions.flatMap(({ name, schedule }) => (schedule === null ? [] : [{ name, schedule }]));
}

/** Resources that schedules of an app are made of. */
export function scheduleResources(functions: readonly FunctionSpec[]): number {
  const scheduled = scheduledFunctions(functions);
  const schedules = scheduled.flatMap(({ schedule }) => scheduleExpressions(schedule));
  return scheduled.length === 0 ? 0 : schedules.length + 2;
}

/** Somebody is told when a run has ended, or begins another one then. */
function isWatched({ onFailure, overlap }: ScheduleSpec): boolean {
  return onFailure !== null || overlap === "queue";
}

function publishStatements(scheduled: readonly ScheduledFunction[]): PolicyStatement[] {
  const topics = scheduled.flatMap(({ schedule: { onFailure } }) =>
    onFailure?.kind === "sns" ? [onFailure.topicArn] : [],
  );
  if (topics.length === 0) return [];
  return [
    new PolicyStatement({ actions: ["sns:Publish"], resources: [...new Set(topics)].sort() }),
  ];
}
