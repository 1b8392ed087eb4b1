import { createRequire } from "node:module";
import { join } from "node:path";
import {
  type IPropertyInjector,
  NestedStack,
  PropertyInjectors,
  RemovalPolicy,
  Stage,
} from "aws-cdk-lib";
import type { Project } from "aws-cdk-lib/aws-codebuild";
import type { Repository } from "aws-cdk-lib/aws-ecr";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Runtime } from "aws-cdk-lib/aws-lambda";
import { type ILogGroup, LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { Construct } from "constructs";
import { InvalidError, NotFoundError } from "../../lib/errors.ts";
import { imageContextHash, writeImageContext } from "../../lib/local/images/context.ts";
import { showList } from "../../lib/options/show.ts";
import type { ImageSpec } from "../../lib/spec.ts";
import { shortHash } from "../names.ts";

/** The version that this one is tested with. */
const LIBRARY = "deploy-time-build@0.4.10";

// What follows is loaded when an image is built so, which most syntheses do not.
const load: NodeJS.Require = createRequire(import.meta.url);

export interface ImageBuildsProps {
  /** For what starts the builds; each project of CodeBuild has a log group of its own. */
  readonly logGroup: ILogGroup;
  readonly encryptionKey: IKey | undefined;
}

/**
 * The images of an app that CodeBuild builds while it is deployed, with their repository. A nested stack, since the
 * library has one function and one project a stack: so they are this app's alone, and what is applied to all resources
 * of the app reaches them.
 */
export class ImageBuilds extends NestedStack {
  readonly #repository: Repository;
  readonly #role: Role;
  readonly #encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, { logGroup, encryptionKey }: ImageBuildsProps) {
    super(scope, id, { description: "Builds the images of a Windlass app" });
    this.#encryptionKey = encryptionKey;
    const { Repository, RepositoryEncryption } = load(
      "aws-cdk-lib/aws-ecr",
    ) as typeof import("aws-cdk-lib/aws-ecr");
    this.#repository = new Repository(this, "Repository", {
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
      ...(encryptionKey && { encryption: RepositoryEncryption.KMS, encryptionKey }),
    });
    this.#role = buildRole(this, this.#repository);
    const role = startRole(this, logGroup);
    PropertyInjectors.of(this).add(
      injector("aws-cdk-lib.aws-lambda.Function", { role, logGroup, runtime: Runtime.NODEJS_24_X }),
      // The library would allow more than a build needs: a policy that AWS manages, and reads of the whole bucket.
      injector("aws-cdk-lib.aws-codebuild.Project", { role: this.#role.withoutPolicyUpdates() }),
    );
  }

  /**
   * The URI of an image: who refers to it waits until it is built. The same image is not built again.
   *
   * @throws NotFoundError when `deploy-time-build` is not installed
   */
  add(image: ImageSpec): string {
    const { ContainerImageBuild } = loadLibrary();
    const { Platform } = load(
      "aws-cdk-lib/aws-ecr-assets",
    ) as typeof import("aws-cdk-lib/aws-ecr-assets");
    checkBuildable(image);
    const tag = imageContextHash(image);
    // Each stack is within an app, which is a stage.
    const directory = join((Stage.of(this) as Stage).assetOutdir, `image-${tag}`);
    writeImageContext(image, directory);
    const build = new ContainerImageBuild(this, `Image${shortHash(image.hash, 12)}`, {
      directory,
      platform: Platform.custom(image.platform),
      repository: this.#repository,
      tag,
      // A third less to pull, and unpacked several times as fast.
      zstdCompression: true,
    });
    const source = build.node.findChild("Source") as Asset; // Named so by the library.
    this.#allow(["s3:GetObject"], [source.bucket.arnForObjects("*.zip")]);
    build.node.addDependency(this.#role, ...this.#projects().map((one) => this.#logGroupOf(one)));
    return this.#repository.repositoryUriForTag(tag);
  }

  /** One an architecture. */
  #projects(): readonly Project[] {
    const { Project: Class } = load(
      "aws-cdk-lib/aws-codebuild",
    ) as typeof import("aws-cdk-lib/aws-codebuild");
    return this.node.children.filter((child) => child instanceof Class);
  }

  #logGroupOf(project: Project): LogGroup {
    const id = `${project.node.id}Logs`;
    const existing = this.node.tryFindChild(id);
    if (existing instanceof LogGroup) return existing;
    const logGroup = new LogGroup(this, id, {
      // Where CodeBuild writes, and where the library says that it does; otherwise CodeBuild makes it and keeps it.
      logGroupName: `/aws/codebuild/${project.projectName}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
      encryptionKey: this.#encryptionKey,
    });
    const actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
    this.#allow(actions, [logGroup.logGroupArn]);
    return logGroup;
  }

  #allow(actions: string[], resources: string[]): void {
    this.#role.addToPolicy(new PolicyStatement({ actions, resources }));
  }
}

/** CodeBuild has nothing of this machine: neither its secrets nor the code. @throws InvalidError */
function checkBuildable({ hash, base, secrets, runsCode, registry }: ImageSpec): void {
  const reasons = [
    ...(secrets.length > 0 ? ["has steps with secrets"] : []),
    ...(runsCode ? ["runs functions of your module"] : []),
    ...(registry === null ? [] : ["builds on an image that not everyone may pull"]),
    ...(base.startsWith("windlass-image:") ? ["builds on an image of this machine"] : []),
  ];
  if (reasons.length === 0) return;
  throw new InvalidError(
    "WINDLASS_NOT_FOR_CODEBUILD",
    `the image ${hash.slice(0, 12)} ${showList(reasons, "and")}, which CodeBuild cannot do`,
    { hint: "build it with Docker: `windlass deploy --build docker`" },
  );
}

/** What a build may do; its log and sources come with the first image. */
function buildRole(scope: Construct, repository: Repository): Role {
  return new Role(scope, "BuildRole", {
    assumedBy: new ServicePrincipal("codebuild.amazonaws.com"),
    description: "Builds images of a Windlass app",
    inlinePolicies: {
      build: new PolicyDocument({
        statements: [
          // Sign in to the two registries; they are not about any repository.
          new PolicyStatement({
            actions: [
              "ecr:GetAuthorizationToken",
              "ecr-public:GetAuthorizationToken",
              "sts:GetServiceBearerToken",
            ],
            resources: ["*"],
          }),
          new PolicyStatement({
            actions: [
              "ecr:BatchCheckLayerAvailability",
              "ecr:BatchGetImage",
              "ecr:InitiateLayerUpload",
              "ecr:UploadLayerPart",
              "ecr:CompleteLayerUpload",
              "ecr:PutImage",
            ],
            resources: [repository.repositoryArn],
          }),
        ],
      }),
    },
  });
}

/** What the function that starts builds may do; the library adds the builds themselves. */
function startRole(scope: Construct, logGroup: ILogGroup): Role {
  return new Role(scope, "StartRole", {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    description: "Starts builds of images of a Windlass app",
    inlinePolicies: {
      log: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
            resources: [logGroup.logGroupArn],
          }),
        ],
      }),
    },
  });
}

/** Sets props of constructs that the library makes. */
function injector(constructUniqueId: string, props: object): IPropertyInjector {
  return { constructUniqueId, inject: (given: object) => ({ ...given, ...props }) };
}

function loadLibrary(): typeof import("deploy-time-build") {
  try {
    return load("deploy-time-build") as typeof import("deploy-time-build");
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
    throw new NotFoundError(
      "WINDLASS_BUILD_LIBRARY_MISSING",
      "building images by CodeBuild needs deploy-time-build, which is not installed",
      { hint: `run \`npm install --save-dev --save-exact ${LIBRARY}\`, or have Docker build them` },
    );
  }
}
