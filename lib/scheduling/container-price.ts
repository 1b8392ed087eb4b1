import type { FunctionSpec } from "../spec.ts";
import type { HostLimits } from "./first-offers.ts";
import { claimOn, needsOf, roomOf } from "./fit.ts";
import { HOST_TYPES } from "./host-types.ts";
import { chooseOffer } from "./offers.ts";

/**
 * What an hour of a container of this function costs at most: its share of the host that is bought for it first, on
 * demand, by what it takes most of. Undefined where no host within the limits holds it.
 */
export function containerUsdPerHour(
  spec: FunctionSpec,
  limits: HostLimits = { maxUsdPerHour: Number.POSITIVE_INFINITY },
): number | undefined {
  const needs = { ...needsOf(spec), spot: "never" } as const;
  const sale = { types: HOST_TYPES, learned: {}, resting: {}, ...limits };
  const choice = chooseOffer(needs, 1, { sale, now: 0 });
  if (choice.kind === "none") return undefined;
  const { type } = choice.offer;
  const room = roomOf(type, {});
  const claim = claimOn(
    needs,
    { gpu: type.gpu, architecture: type.architecture, market: "on-demand" },
    room,
  );
  if (claim === undefined) return undefined;
  const shares = [claim.cpu / room.cpu, claim.memoryMiB / room.memoryMiB];
  if (room.gpus > 0) shares.push(claim.gpus / room.gpus);
  return type.usdPerHour * Math.max(...shares);
}
