import {
  DescribeInstancesCommand,
  EC2Client,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
} from "@aws-sdk/client-ec2";
import {
  DeregisterContainerInstanceCommand,
  type ECSClient,
  paginateListContainerInstances,
} from "@aws-sdk/client-ecs";
import { onAws } from "../aws-error.ts";
import { CLIENT_CONFIG } from "../client-config.ts";

/** EC2 takes some minutes to end an instance; it is not billed meanwhile, but holds on to its network. */
const MAX_WAIT_SECONDS = 900;

/** Ends all hosts of an environment and waits until they are gone: its network cannot be removed before. */
export async function endHosts(
  ecs: ECSClient,
  environment: string,
  cluster: string,
): Promise<number> {
  return await onAws(`end the hosts of environment "${environment}"`, async () => {
    const client = new EC2Client(CLIENT_CONFIG);
    const { Reservations = [] } = await client.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: "tag:windlass:environment", Values: [environment] },
          { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
        ],
      }),
    );
    const InstanceIds = Reservations.flatMap(({ Instances = [] }) => Instances).flatMap(
      ({ InstanceId }) => (InstanceId === undefined ? [] : [InstanceId]),
    );
    if (InstanceIds.length > 0) {
      await client.send(new TerminateInstancesCommand({ InstanceIds }));
      const waiting = { client, maxWaitTime: MAX_WAIT_SECONDS };
      await waitUntilInstanceTerminated(waiting, { InstanceIds });
    }
    await deregisterHosts(ecs, cluster);
    return InstanceIds.length;
  });
}

/** A cluster with instances, gone ones too, cannot be removed. */
async function deregisterHosts(ecs: ECSClient, cluster: string): Promise<void> {
  for await (const page of paginateListContainerInstances({ client: ecs }, { cluster })) {
    for (const containerInstance of page.containerInstanceArns ?? []) {
      await ecs.send(
        new DeregisterContainerInstanceCommand({ cluster, containerInstance, force: true }),
      );
    }
  }
}
