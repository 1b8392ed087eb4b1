import { CfnOutput, CustomResource, RemovalPolicy, Tags } from "aws-cdk-lib";
import type { IRuleTarget, Rule } from "aws-cdk-lib/aws-events";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { App } from "../lib/app.ts";
import { isApp } from "../lib/app-registry.ts";
import { hostLimits, logGroupOf } from "../lib/aws/facts.ts";
import type { Manifest } from "../lib/aws/manifest.ts";
import type { EventName } from "../lib/events.ts";
import { checkAppName } from "../lib/options/app-name.ts";
import { show } from "../lib/options/show.ts";
import { throwViolations } from "../lib/options/violation.ts";
import { resolveSpec } from "../lib/resolve.ts";
import { type HostLimits, hostMistakes } from "../lib/scheduling/first-offers.ts";
import { sha256 } from "../lib/sha256.ts";
import { type AppSpec, specText } from "../lib/spec.ts";
import { isNarrowed } from "../lib/uses.ts";
import { checkSecrets } from "./app/check-secrets.ts";
import { BundledCode } from "./app/code.ts";
import { EnvironmentLink } from "./app/environment-link.ts";
import { eventRule, ListenerRules } from "./app/event-rules.ts";
import { DeadLetterQueue, InputQueues } from "./app/input-queues.ts";
import { manifestFunctions, StagedManifest } from "./app/manifest.ts";
import { codeFile } from "./app/python-code.ts";
import { QueueShard } from "./app/queue-shard.ts";
import { AppRoles } from "./app/roles.ts";
import { AppSchedules, scheduleResources } from "./app/schedules.ts";
import { planShards } from "./app/shards.ts";
import { SharedFiles } from "./app/shared-files.ts";
import { CONTAINER_NAME, type MissingImages, TaskDefinitions } from "./app/task-definitions.ts";
import { AppWeb } from "./app/web/app-web.ts";
import { type WebDomain, webMistakes } from "./app/web/web-domain.ts";
import type { WindlassEnvironment } from "./environment.ts";
import { applySharedProps, type SharedProps } from "./shared-props.ts";

export interface WindlassAppProps extends SharedProps {
  /** The app, or its resolved spec. */
  readonly app: App | AppSpec;
  /**
   * The name that it is deployed under: one module can be deployed several times.
   * @default - the app's own
   */
  readonly name?: string;
  /** Path of the app's code, bundled into one ECMAScript module. */
  readonly code: string;
  /**
   * The environment, or the name of one that is deployed in the same account and region. If that one has a key of its
   * own, pass the same `encryptionKey`.
   * @default "default"
   */
  readonly environment?: WindlassEnvironment | string;
  /**
   * URIs of built images, by the hash that the spec gives them.
   * @default - none
   */
  readonly images?: Readonly<Record<string, string>>;
  /**
   * What becomes of images that are not among `images`. `build`: the deployment builds them with Docker and pushes them
   * to the registry of the CDK's bootstrap. `codebuild`: AWS CodeBuild builds them during the deployment and pushes them
   * to a repository of the app; needs the package `deploy-time-build`. `parameters`: the stack has a parameter for the
   * URI of each, `ImageUri` and 12 digits of the SHA-256 of its hash.
   * @default "build"
   */
  readonly missingImages?: MissingImages;
  /**
   * Nested stacks that hold the functions' queues, from 1 to 50. It cannot be changed once deployed: queues cannot move.
   * @default - none; needed above 400 resources, the limit that leaves room in CloudFormation's 500 a stack
   */
  readonly shards?: number;
  /**
   * Whether a function or class with open calls may be removed: those calls then fail. Without it the deployment fails.
   * @default false
   */
  readonly dropCalls?: boolean;
  /**
   * The domain of functions that answer HTTP requests; `false`: they answer none, and can be called all the same.
   * @default - each has one of CloudFront, with HTTPS
   */
  readonly web?: WebDomain | false;
}

/**
 * A deployed app: a queue a function, a role for one with `uses`, a task definition an image, and one role, log group
 * and dead-letter queue. Its
 * code goes live by a custom resource that comes last, so deploys and rollbacks lead to the code of their template.
 *
 * @throws InvalidError when it has too many resources for one stack, or a function that no host can hold
 * @throws NotFoundError when there is no bundle at `code`, or no package `deploy-time-build` where that is to build
 */
export class WindlassApp extends Construct {
  readonly spec: AppSpec;
  readonly #environmentName: string;

  constructor(scope: Construct, id: string, props: WindlassAppProps) {
    super(scope, id);
    const resolved = isApp(props.app) ? resolveSpec(props.app) : props.app;
    const name = props.name ?? resolved.name;
    throwViolations(`app ${show(name)}`, checkAppName(name), WindlassApp);
    this.spec = { ...resolved, name };
    checkSecrets(this, this.spec);
    const { tags } = this.spec;
    const environment = props.environment ?? "default";
    checkFunctions(this.spec, environment, props.web);
    const link = new EnvironmentLink(this, "Environment", { environment });
    const logGroup = this.#createLogGroup(link, props);
    const code = new BundledCode(this, "Code", { file: codeFile(props.code, props.app, resolved) });
    const deadLetters = new DeadLetterQueue(this, "DeadLetters", {
      encryptionKey: props.encryptionKey,
    });
    const sharedFiles = new SharedFiles(this, "Files", { fileSystemId: () => link.fileSystemId });
    const roles = this.#createRoles({ link, logGroup, sharedFiles, props });
    const taskDefinitions = new TaskDefinitions(this, "Tasks", {
      functions: this.spec.functions,
      sharedFiles,
      images: this.spec.images,
      imageUris: props.images ?? {},
      missingImages: props.missingImages ?? "build",
      code: props.code,
      logGroup,
      encryptionKey: props.encryptionKey,
      taskRole: roles.taskRole,
      executionRole: roles.executionRole,
    });
    const schedules = this.#createSchedules(link, deadLetters, props);
    const web = this.#createWeb(link, props);
    const functions = manifestFunctions(this.spec, {
      queueUrls: this.#createQueues(deadLetters.arn, props),
      taskDefinitionOf: (spec) => taskDefinitions.arnOf(spec),
      containerName: CONTAINER_NAME,
      taskRoles: roles.ownRoles,
      webs: web?.functions ?? new Map(),
    });
    const manifest: Manifest = {
      version: 1,
      app: name,
      module: resolved.name,
      ...link.places,
      deadLetterQueueUrl: deadLetters.url,
      logGroup: logGroup.logGroupName,
      ...(schedules.roleArn !== undefined && { scheduleRole: schedules.roleArn }),
      ...(web !== undefined && { frontTargetGroup: web.frontTargetGroupArn }),
      functions,
    };
    new ListenerRules(this, "Events", {
      ...{ environment: link.environmentName, app: name, functions: this.spec.functions },
      controllerArn: link.controllerFunctionArn,
    });
    this.#environmentName = link.environmentName;
    const deployment = this.#createDeployment({ link, code, manifest, props });
    // What the manifest does not name; the rest is referred to.
    deployment.node.addDependency(roles, ...link.dependencies);
    schedules.beginWith(deployment);
    new CfnOutput(this, "LogGroupName", { value: logGroup.logGroupName });
    new CfnOutput(this, "DeadLetterQueueUrl", { value: deadLetters.url });
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
    Tags.of(this).add("windlass:app", name);
    Tags.of(this).add("windlass:environment", link.environmentName);
    applySharedProps(this, props);
  }

  /**
   * Invokes a target of EventBridge with each event of this name that the app tells: a function of Lambda, a topic, a
   * queue, a state machine. The event is the `detail` of what it gets. Which events functions tell: their option `events`.
   * @example windlassApp.onEvent("call.failed", new SnsTopic(alarms));
   */
  onEvent(
    event: EventName,
    target: IRuleTarget,
    options: {
      /** Id of the rule within this construct. @default - the name of the event */
      readonly id?: string;
      /** Only events of these functions and classes. @default - of all */
      readonly functions?: readonly string[];
    } = {},
  ): Rule {
    const { id = `On-${event.replace(".", "-")}`, functions } = options;
    const { name: app } = this.spec;
    return eventRule(this, id, {
      environment: this.#environmentName,
      app,
      event,
      target,
      functions,
    });
  }

  #createLogGroup(link: EnvironmentLink, { encryptionKey }: WindlassAppProps): LogGroup {
    return new LogGroup(this, "LogGroup", {
      logGroupName: logGroupOf(link.environmentName, this.spec.name),
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
      encryptionKey,
    });
  }

  #createRoles(given: {
    readonly link: EnvironmentLink;
    readonly logGroup: LogGroup;
    readonly sharedFiles: SharedFiles;
    readonly props: WindlassAppProps;
  }): AppRoles {
    const { link, logGroup, sharedFiles, props } = given;
    const keys = [props.encryptionKey, link.encryptionKey].filter((key) => key !== undefined);
    return new AppRoles(this, "Roles", {
      app: this.spec.name,
      functions: this.spec.functions,
      environment: link.environmentName,
      tableName: link.tableName,
      bucketName: link.bucketName,
      controllerFunctionArn: link.controllerFunctionArn,
      logGroup,
      sharedFiles,
      encryptionKeys: [...new Set(keys)],
    });
  }

  #createSchedules(
    link: EnvironmentLink,
    deadLetters: DeadLetterQueue,
    { encryptionKey }: WindlassAppProps,
  ): AppSchedules {
    return new AppSchedules(this, "Schedules", {
      app: this.spec.name,
      environment: link.environmentName,
      functions: this.spec.functions,
      scheduleFunction: () => link.scheduleFunction,
      deadLetterQueueArn: deadLetters.arn,
      encryptionKey,
    });
  }

  #createWeb(link: EnvironmentLink, { web: domain }: WindlassAppProps): AppWeb | undefined {
    const functions = this.spec.functions.filter(({ web }) => web);
    if (functions.length === 0 || domain === false) return undefined;
    return new AppWeb(this, "Web", { app: this.spec.name, functions, link, domain });
  }

  #createQueues(
    deadLetterQueueArn: string,
    { encryptionKey, shards }: WindlassAppProps,
  ): ReadonlyMap<string, string> {
    const functions = this.spec.functions.map(({ name }) => name);
    const images = this.spec.images.length;
    const roles = this.spec.functions.filter(isNarrowed).length;
    const schedules = scheduleResources(this.spec.functions);
    const plan = planShards({ app: this.spec.name, functions, images, roles, schedules, shards });
    const shared = { deadLetterQueueArn, encryptionKey };
    if (plan === undefined) {
      return new InputQueues(this, "Queues", { ...shared, functions }).urls;
    }
    const urls = plan.flatMap((names, index) => {
      if (names.length === 0) return [];
      return [...new QueueShard(this, `Shard${index}`, { ...shared, functions: names }).urls];
    });
    return new Map(urls);
  }

  #createDeployment(given: {
    readonly link: EnvironmentLink;
    readonly code: BundledCode;
    readonly manifest: Manifest;
    readonly props: WindlassAppProps;
  }): CustomResource {
    const { link, code, manifest, props } = given;
    const { shards = 0, dropCalls = false } = props;
    const staged = new StagedManifest(this, "Manifest", manifest);
    return new CustomResource(this, "Deployment", {
      resourceType: "Custom::WindlassDeployment",
      serviceToken: link.deploymentFunctionArn,
      properties: {
        app: this.spec.name,
        codeHash: code.hash,
        codeBucket: code.bucketName,
        codeKey: code.objectKey,
        manifestBucket: staged.bucketName,
        manifestKey: staged.objectKey,
        values: staged.values,
        specHash: sha256(specText(this.spec)),
        shards: String(shards),
        ...(dropCalls && { dropCalls: "true" }),
        // Given by `windlass deploy`, which knows what the rest of the template was made from.
        templateHash: this.node.tryGetContext("windlass:template-hash") ?? "",
      },
    });
  }
}

/** @throws InvalidError for functions that no host can hold, or that cannot answer requests as they are to */
function checkFunctions(
  { name, functions }: AppSpec,
  environment: WindlassEnvironment | string,
  web: WebDomain | false | undefined,
): void {
  const inWeb = web === false ? [] : webMistakes(functions, web);
  const mistakes = [...inWeb, ...hostMistakes(functions, limitsOf(environment))];
  throwViolations(`app ${show(name)}`, mistakes, WindlassApp);
}

/** What another stack's environment buys is known only when this is deployed. */
function limitsOf(environment: WindlassEnvironment | string): HostLimits {
  return typeof environment === "string"
    ? { maxUsdPerHour: Number.POSITIVE_INFINITY }
    : hostLimits(environment.facts);
}
