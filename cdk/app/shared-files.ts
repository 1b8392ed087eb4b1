import { Stack } from "aws-cdk-lib";
import type { CfnTaskDefinition } from "aws-cdk-lib/aws-ecs";
import { CfnAccessPoint } from "aws-cdk-lib/aws-efs";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { FunctionSpec, VolumeMountSpec } from "../../lib/spec.ts";
import { volumesOf } from "../../lib/storage/mount.ts";
import { shortHash } from "../names.ts";

/** What a task definition says of mounts. */
export interface TaskMounts {
  readonly volumes: CfnTaskDefinition.VolumeProperty[];
  readonly mountPoints: CfnTaskDefinition.MountPointProperty[];
}

type Mounting = Pick<FunctionSpec, "volumes">;

/** The mounts of a function that are in a file system. */
export function sharedMounts({ volumes }: Mounting): VolumeMountSpec[] {
  return volumesOf(volumes).filter(({ backing }) => backing === "efs");
}

/**
 * The folders of volumes with `backing: "efs"` that an app mounts, as access points to the environment's file system.
 * What they lead to stays when they are removed: another app, or this one deployed again, finds it by the volume's name.
 */
export class SharedFiles extends Construct {
  readonly #fileSystemId: () => string;
  readonly #accessPoints: Map<string, CfnAccessPoint> = new Map();

  constructor(scope: Construct, id: string, props: { readonly fileSystemId: () => string }) {
    super(scope, id);
    this.#fileSystemId = props.fileSystemId;
  }

  taskMounts(spec: Mounting): TaskMounts {
    const mounts = sharedMounts(spec);
    return {
      volumes: mounts.map((mount, index) => ({
        name: `volume${index}`,
        efsVolumeConfiguration: {
          filesystemId: this.#fileSystemId(),
          transitEncryption: "ENABLED",
          authorizationConfig: { accessPointId: this.#accessPoint(mount).ref, iam: "ENABLED" },
        },
      })),
      mountPoints: mounts.map((mount, index) => ({
        sourceVolume: `volume${index}`,
        containerPath: mount.path,
        readOnly: mount.readOnly,
      })),
    };
  }

  /** Each mount needs its access point, which leads to one folder. Those that are only read cannot be written to. */
  statements(functions: readonly Mounting[]): PolicyStatement[] {
    const mounts = functions.flatMap(sharedMounts);
    const written = mounts.filter(({ readOnly }) => !readOnly);
    return [
      ...this.#allow(["ClientMount"], mounts),
      ...this.#allow(["ClientWrite", "ClientRootAccess"], written),
    ];
  }

  #allow(actions: readonly string[], mounts: readonly VolumeMountSpec[]): PolicyStatement[] {
    if (mounts.length === 0) return [];
    const arns = new Set(mounts.map((mount) => this.#accessPoint(mount).attrArn));
    return [
      new PolicyStatement({
        actions: actions.map((action) => `elasticfilesystem:${action}`),
        resources: [
          Stack.of(this).formatArn({
            service: "elasticfilesystem",
            resource: "file-system",
            resourceName: this.#fileSystemId(),
          }),
        ],
        conditions: { StringEquals: { "elasticfilesystem:AccessPointArn": [...arns] } },
      }),
    ];
  }

  #accessPoint({ name, subPath }: VolumeMountSpec): CfnAccessPoint {
    const path = ["", "volumes", name, ...(subPath === "" ? [] : [subPath])].join("/");
    const known = this.#accessPoints.get(path);
    if (known !== undefined) return known;
    const made = new CfnAccessPoint(this, shortHash(path, 12), {
      fileSystemId: this.#fileSystemId(),
      rootDirectory: {
        path,
        // Whoever the image runs as may write.
        creationInfo: { ownerUid: "0", ownerGid: "0", permissions: "0777" },
      },
    });
    this.#accessPoints.set(path, made);
    return made;
  }
}
