import {
  type _InstanceType,
  CreateFleetCommand,
  type CreateFleetCommandOutput,
  type EC2Client,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { Fleet, Instance, Purchase, PurchaseAnswer } from "./ports.ts";
import { meaningOf } from "./refusals.ts";

/** The id of a purchase, on the instance that came of it. */
const INTENT_TAG = "windlass:intent";
const ENVIRONMENT_TAG = "windlass:environment";
const IMAGES = "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023";
const GPU_IMAGE = `${IMAGES}/gpu/recommended/image_id`;
const ARM_IMAGE = `${IMAGES}/arm64/recommended/image_id`;
/** An error that names it is about one zone; some say so in their text alone. */
const ZONE = /\(([a-z]{2}(?:-[a-z]+)+-\d[a-z])\)/;

export interface Ec2FleetOptions {
  readonly client: EC2Client;
  readonly environment: string;
  readonly launchTemplateId: string;
  /** Each is another zone, and so another stock. */
  readonly subnetIds: readonly string[];
}

/** Hosts of EC2, bought one at a time by instant fleets: the answer says at once what was bought or why not. */
export class Ec2Fleet implements Fleet {
  readonly #options: Ec2FleetOptions;

  constructor(options: Ec2FleetOptions) {
    this.#options = options;
  }

  async buy(purchase: Purchase): Promise<PurchaseAnswer> {
    const { client } = this.#options;
    try {
      return toAnswer(await client.send(this.#request(purchase)));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new TypeError(String(error));
      // The request itself is refused with what an offer could be refused with.
      if (meaningOf(name) === "unknown") throw error;
      return { kind: "refused", refusals: [{ code: name, message, zone: null }] };
    }
  }

  async instances(): Promise<readonly Instance[]> {
    const { client, environment } = this.#options;
    const pages = paginateDescribeInstances(
      { client },
      {
        Filters: [
          { Name: `tag:${ENVIRONMENT_TAG}`, Values: [environment] },
          { Name: "instance-state-name", Values: ["pending", "running"] },
        ],
      },
    );
    const found: Instance[] = [];
    for await (const { Reservations = [] } of pages) {
      for (const instance of Reservations.flatMap(({ Instances = [] }) => Instances)) {
        const purchase = instance.Tags?.find(({ Key }) => Key === INTENT_TAG)?.Value;
        // One that somebody started by hand from our template is theirs to end.
        if (purchase === undefined) continue;
        found.push({
          id: instance.InstanceId ?? "",
          purchase,
          type: instance.InstanceType ?? "",
          market: instance.InstanceLifecycle === "spot" ? "spot" : "on-demand",
          launchedAt: instance.LaunchTime?.getTime() ?? 0,
        });
      }
    }
    return found;
  }

  async terminate(instanceIds: readonly string[]): Promise<void> {
    const command = new TerminateInstancesCommand({ InstanceIds: [...instanceIds] });
    await this.#options.client.send(command).catch((error: unknown) => {
      // It has ended long ago.
      if (error instanceof Error && error.name === "InvalidInstanceID.NotFound") return;
      throw error;
    });
  }

  #request({ id, type, market, ...kind }: Purchase): CreateFleetCommand {
    const { environment, launchTemplateId, subnetIds } = this.#options;
    const ImageId = imageOf(kind);
    return new CreateFleetCommand({
      Type: "instant",
      ClientToken: id,
      TargetCapacitySpecification: {
        TotalTargetCapacity: 1,
        DefaultTargetCapacityType: market,
      },
      // Among the zones: where it is cheap and likely to stay. Without a price of ours it is paid up to that on demand.
      ...(market === "spot" && { SpotOptions: { AllocationStrategy: "price-capacity-optimized" } }),
      LaunchTemplateConfigs: [
        {
          // A template's default version stays the first one.
          LaunchTemplateSpecification: { LaunchTemplateId: launchTemplateId, Version: "$Latest" },
          Overrides: subnetIds.map((SubnetId) => ({
            SubnetId,
            InstanceType: type as _InstanceType, // Of our own table; the SDK's list may be older.
            ...(ImageId !== undefined && { ImageId }),
          })),
        },
      ],
      TagSpecifications: [
        {
          ResourceType: "instance",
          Tags: [
            { Key: INTENT_TAG, Value: id },
            { Key: ENVIRONMENT_TAG, Value: environment },
          ],
        },
      ],
    });
  }
}

/** What a host starts from; undefined: from what the launch template says. */
function imageOf({
  architecture,
  hasGpus,
}: Pick<Purchase, "architecture" | "hasGpus">): string | undefined {
  if (hasGpus) return GPU_IMAGE;
  return architecture === "arm64" ? ARM_IMAGE : undefined;
}

function toAnswer({ Instances = [], Errors = [] }: CreateFleetCommandOutput): PurchaseAnswer {
  const instanceId = Instances.flatMap(({ InstanceIds = [] }) => InstanceIds)[0];
  if (instanceId !== undefined) return { kind: "bought", instanceId };
  return {
    kind: "refused",
    refusals: Errors.map(
      ({ ErrorCode = "", ErrorMessage = "", LaunchTemplateAndOverrides: { Overrides } = {} }) => ({
        code: ErrorCode,
        message: ErrorMessage,
        zone: Overrides?.AvailabilityZone ?? ZONE.exec(ErrorMessage)?.[1] ?? null,
      }),
    ),
  };
}
