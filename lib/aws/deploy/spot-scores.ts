import {
  type _InstanceType,
  type EC2Client,
  GetSpotPlacementScoresCommand,
} from "@aws-sdk/client-ec2";
import { onAws } from "../aws-error.ts";

/**
 * How likely EC2 is to have a spot instance of a type in a region now, from 1 to 10; undefined where it does not say.
 *
 * @throws WindlassError
 */
export async function spotScore(
  client: EC2Client,
  type: string,
  region: string,
): Promise<number | undefined> {
  const asked = {
    InstanceTypes: [type as _InstanceType], // Of our own table; the SDK's list may be older.
    TargetCapacity: 1,
    RegionNames: [region],
  };
  const { SpotPlacementScores = [] } = await onAws(`ask how likely a spot ${type} is`, () =>
    client.send(new GetSpotPlacementScoresCommand(asked)),
  );
  return SpotPlacementScores.find(({ Region }) => Region === region)?.Score;
}
