import { Aws, CfnParameter, RemovalPolicy, Stack } from "aws-cdk-lib";
import { CfnTaskDefinition } from "aws-cdk-lib/aws-ecs";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { InvalidError } from "../../lib/errors.ts";
import { show } from "../../lib/options/show.ts";
import type { FunctionSpec, ImageSpec } from "../../lib/spec.ts";
import { bucketsOf } from "../../lib/storage/mount.ts";
import { DOOR_PORT } from "../../lib/web/door.ts";
import { builtImage } from "../images/built-image.ts";
import { ImageBuilds } from "../images/image-builds.ts";
import { shortHash } from "../names.ts";
import { type SharedFiles, sharedMounts } from "./shared-files.ts";

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

/** What a task definition is made for: functions for which it is the same share it. */
type Defined = Pick<FunctionSpec, "architecture" | "image" | "volumes" | "web">;

export interface TaskDefinitionsProps {
  readonly functions: readonly Defined[];
  readonly sharedFiles: SharedFiles;
  readonly images: readonly ImageSpec[];
  /** URIs by hash of the image. */
  readonly imageUris: Readonly<Record<string, string>>;
  readonly missingImages: MissingImages;
  /** Path of the app's bundle, of which images may run functions. */
  readonly code: string;
  readonly taskRole: IRole;
  readonly executionRole: IRole;
  readonly logGroup: ILogGroup;
  readonly encryptionKey: IKey | undefined;
}

/**
 * One task definition an image with the same file systems mounted: the function, its size, GPUs and environment are given
 * when a task is run, because AWS registers one task definition a second. Kept when it is replaced: a rollback must find it.
 *
 * @throws InvalidError when `missingImages` is something else
 */
export class TaskDefinitions extends Construct {
  readonly #arns: Map<string, string> = new Map();

  constructor(scope: Construct, id: string, props: TaskDefinitionsProps) {
    super(scope, id);
    for (const image of props.images) {
      const uri = props.imageUris[image.hash] ?? this.#missingImage(image, props);
      for (const spec of props.functions) {
        const key = keyOf(spec);
        if (spec.image !== image.hash || this.#arns.has(key)) continue;
        this.#arns.set(key, this.#create({ key, uri, spec }, props));
      }
    }
  }

  /** The ARN of a function's. */
  arnOf(spec: Defined): string {
    return this.#arns.get(keyOf(spec)) ?? "";
  }

  #create(
    { key, uri, spec }: { readonly key: string; readonly uri: string; readonly spec: Defined },
    props: TaskDefinitionsProps,
  ): string {
    const { volumes, mountPoints } = props.sharedFiles.taskMounts(spec);
    const definition = new CfnTaskDefinition(this, key, {
      requiresCompatibilities: ["EC2"],
      networkMode: "bridge",
      taskRoleArn: props.taskRole.roleArn,
      executionRoleArn: props.executionRole.roleArn,
      ...(volumes.length > 0 && { volumes }),
      ...(spec.architecture === "arm64" && { runtimePlatform: ARM }),
      containerDefinitions: [
        {
          ...container(uri, props.logGroup, linuxParameters(spec)),
          ...(spec.web && { portMappings: [{ containerPort: DOOR_PORT, hostPort: 0 }] }),
          ...(mountPoints.length > 0 && { mountPoints }),
        },
      ],
    });
    definition.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return definition.ref;
  }

  #missingImage(image: ImageSpec, props: TaskDefinitionsProps): string {
    const { missingImages } = props;
    if (missingImages === "build") return builtImage(this, image, props);
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

/** The id of a construct, so a contract: that of the image, and where there are any of what is mounted. */
function keyOf(spec: Defined): string {
  const mounts = sharedMounts(spec).map(({ path, name, readOnly, subPath }) => {
    return [path, name, readOnly, subPath];
  });
  const image = shortHash(spec.image, 12);
  const files = mounts.length === 0 ? "" : `-${shortHash(JSON.stringify(mounts), 12)}`;
  return `${image}${files}${mountsBuckets(spec) ? "-Buckets" : ""}${spec.web ? "-Web" : ""}`;
}

/** Its containers mount buckets themselves, by the role of their function; user code in them may not. */
function mountsBuckets({ volumes }: Defined): boolean {
  return bucketsOf(volumes).length > 0;
}

function linuxParameters(spec: Defined): CfnTaskDefinition.LinuxParametersProperty {
  const device = { hostPath: "/dev/fuse", containerPath: "/dev/fuse" };
  return {
    initProcessEnabled: true,
    ...(mountsBuckets(spec) && {
      capabilities: { add: ["SYS_ADMIN"] },
      devices: [{ ...device, permissions: ["read", "write"] }],
    }),
  };
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
  linuxParameters: CfnTaskDefinition.LinuxParametersProperty,
): CfnTaskDefinition.ContainerDefinitionProperty {
  return {
    name: CONTAINER_NAME,
    image,
    essential: true,
    memoryReservation: MEMORY_MIB,
    stopTimeout: STOP_SECONDS,
    linuxParameters,
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
