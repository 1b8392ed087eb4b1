import { Aws, CfnParameter, RemovalPolicy, Stack } from "aws-cdk-lib";
import { CfnTaskDefinition } from "aws-cdk-lib/aws-ecs";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { InvalidError } from "../../lib/errors.ts";
import { show } from "../../lib/options/show.ts";
import type { ImageSpec } from "../../lib/spec.ts";
import { builtImage } from "../images/built-image.ts";
import { ImageBuilds } from "../images/image-builds.ts";
import { shortHash } from "../names.ts";

/** The only container of each task definition. */
export const CONTAINER_NAME = "windlass";
/** The least a container can have; each function's own size comes with the request to run it. */
const MEMORY_MIB = 128;
/** The time that a spot host leaves. */
const STOP_SECONDS = 120;

/** ECS then starts it on such hosts alone. */
const ARM = { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" } as const;

/** What becomes of images whose URI was not given. */
export type MissingImages = "build" | "codebuild" | "parameters";

export interface TaskDefinitionsProps {
  readonly images: readonly ImageSpec[];
  /** URIs by hash of the image. */
  readonly imageUris: Readonly<Record<string, string>>;
  readonly missingImages: MissingImages;
  readonly taskRole: IRole;
  readonly executionRole: IRole;
  readonly logGroup: ILogGroup;
  readonly encryptionKey: IKey | undefined;
}

/**
 * One task definition an image: the function, its size, GPUs and environment are given when a task is run, because
 * AWS registers one task definition a second. Kept when it is replaced: a rollback must find it.
 *
 * @throws InvalidError when `missingImages` is something else
 */
export class TaskDefinitions extends Construct {
  /** ARNs by hash of the image. */
  readonly arns: ReadonlyMap<string, string>;

  constructor(scope: Construct, id: string, props: TaskDefinitionsProps) {
    super(scope, id);
    this.arns = new Map(props.images.map((image) => [image.hash, this.#create(image, props)]));
  }

  #create(image: ImageSpec, props: TaskDefinitionsProps): string {
    const { hash } = image;
    const key = shortHash(hash, 12);
    const uri = props.imageUris[hash] ?? this.#missingImage(image, props);
    const definition = new CfnTaskDefinition(this, key, {
      requiresCompatibilities: ["EC2"],
      networkMode: "bridge",
      taskRoleArn: props.taskRole.roleArn,
      executionRoleArn: props.executionRole.roleArn,
      ...(image.platform === "linux/arm64" && { runtimePlatform: ARM }),
      containerDefinitions: [container(uri, props.logGroup)],
    });
    definition.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return definition.ref;
  }

  #missingImage(image: ImageSpec, props: TaskDefinitionsProps): string {
    const { missingImages } = props;
    if (missingImages === "build") return builtImage(this, image);
    if (missingImages === "codebuild") return this.#builds(props).add(image);
    if (missingImages === "parameters") return imageParameter(this, image);
    throw new InvalidError(
      "WINDLASS_INVALID_MISSING_IMAGES",
      `\`missingImages\` must be "build", "codebuild" or "parameters", got ${show(missingImages)}`,
      { hint: "leave it out to build with Docker" },
    );
  }

  #builds(props: TaskDefinitionsProps): ImageBuilds {
    const existing = this.node.tryFindChild("Builds");
    return existing instanceof ImageBuilds ? existing : new ImageBuilds(this, "Builds", props);
  }
}

/** Named by the hash alone, so that who builds the image knows what to pass; apps of one stack share it. */
function imageParameter(scope: Construct, { hash }: ImageSpec): string {
  const id = `ImageUri${shortHash(hash, 12)}`;
  const stack = Stack.of(scope);
  const existing = stack.node.tryFindChild(id);
  if (existing instanceof CfnParameter) return existing.valueAsString;
  const description = `URI of the image with hash ${hash}`;
  return new CfnParameter(stack, id, { description, allowedPattern: ".+" }).valueAsString;
}

function container(
  image: string,
  logGroup: ILogGroup,
): CfnTaskDefinition.ContainerDefinitionProperty {
  return {
    name: CONTAINER_NAME,
    image,
    essential: true,
    memoryReservation: MEMORY_MIB,
    stopTimeout: STOP_SECONDS,
    linuxParameters: { initProcessEnabled: true },
    // The instance's metadata is out of reach: no SDK may wait for it.
    environment: [
      { name: "AWS_REGION", value: Aws.REGION },
      { name: "AWS_DEFAULT_REGION", value: Aws.REGION },
      { name: "AWS_EC2_METADATA_DISABLED", value: "true" },
    ],
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": logGroup.logGroupName,
        "awslogs-region": Aws.REGION,
        "awslogs-stream-prefix": "container",
        mode: "non-blocking",
      },
    },
  };
}
