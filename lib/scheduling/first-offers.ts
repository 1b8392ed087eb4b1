import { gpuMemoryMiB } from "../gpu.ts";
import type { Violation } from "../options/violation.ts";
import type { FunctionSpec } from "../spec.ts";
import type { CapacityState } from "./capacity-state.ts";
import { needsOf } from "./fit.ts";
import { HOST_TYPES, type HostType } from "./host-types.ts";
import { type Choice, chooseOffer } from "./offers.ts";

/** What hosts may cost: one of them, and all together. */
export type HostLimits = Pick<CapacityState, "maxUsdPerHour" | "maxTotalUsdPerHour">;

/** The host that is asked for first when a function with a GPU is called. */
export interface FirstOffer {
  readonly function: string;
  /** The type of GPU that it gets there, how many of them, and the memory of one. */
  readonly gpu: string;
  readonly gpus: number;
  readonly gpuMemoryMiB: number;
  readonly instanceType: string;
  /** GPUs of the host: others may use those that are left. */
  readonly hostGpus: number;
  /** On demand, which is the most that a spot instance costs. */
  readonly usdPerHour: number;
  readonly spot: FunctionSpec["spot"];
  /** GPUs of its list that come before, but cannot be bought below the limit. */
  readonly tooDear: readonly string[];
}

/** First offers for those functions that ask for a GPU and can have one within these limits. */
export function firstOffers(functions: readonly FunctionSpec[], limits: HostLimits): FirstOffer[] {
  return choices(functions, limits).flatMap(([spec, choice]) => {
    if (choice.kind === "none" || choice.offer.type.gpu === null) return [];
    const { name, gpu, gpus: hostGpus, usdPerHour } = choice.offer.type;
    return {
      ...{ function: spec.name, gpu, gpus: choice.gpus, gpuMemoryMiB: gpuMemoryMiB(gpu) },
      ...{ instanceType: name, hostGpus, usdPerHour, spot: spec.spot },
      tooDear: choice.unmet.flatMap(({ wish }) => wish ?? []),
    };
  });
}

/** The host that is asked for first when a function is called, with a GPU or without. */
export interface FirstHost {
  readonly function: string;
  readonly type: HostType;
  readonly spot: FunctionSpec["spot"];
}

/** First hosts of all functions that can have one within these limits. */
export function firstHosts(functions: readonly FunctionSpec[], limits: HostLimits): FirstHost[] {
  return choices(functions, limits).flatMap(([{ name, spot }, choice]) =>
    choice.kind === "none" ? [] : { function: name, type: choice.offer.type, spot },
  );
}

/** Functions that no host can hold, or none that costs so little. */
export function hostMistakes(functions: readonly FunctionSpec[], limits: HostLimits): Violation[] {
  return choices(functions, limits).flatMap(([spec, choice]) =>
    choice.kind === "buy" ? [] : mistakeOf(spec, choice, limits),
  );
}

/** Each function with what it would get. Most functions of an app need the same, and are chosen for once. */
function choices(
  functions: readonly FunctionSpec[],
  limits: HostLimits,
): (readonly [FunctionSpec, Choice])[] {
  const sale = { types: HOST_TYPES, learned: {}, resting: {}, ...limits };
  const known = new Map<string, Choice>();
  return functions.map((spec) => {
    const needs = needsOf(spec);
    const key = JSON.stringify(needs);
    const choice = known.get(key) ?? chooseOffer(needs, 1, { sale, now: 0 });
    known.set(key, choice);
    return [spec, choice] as const;
  });
}

function mistakeOf(
  { name, kind, gpu }: FunctionSpec,
  { unmet }: Choice,
  limits: HostLimits,
): Violation[] {
  const [cheapest] = [...unmet].sort((a, b) => (a.usdPerHour ?? 1e9) - (b.usdPerHour ?? 1e9));
  if (cheapest === undefined) return [];
  const { code, reason, usdPerHour, nearest } = cheapest;
  const subject = `${kind === "cls" ? "class" : "function"} ${JSON.stringify(name)}`;
  const message =
    gpu.length === 0
      ? `${subject}: ${reason}`
      : `${subject} asks for ${gpu.join(" or ")}: ${reason}`;
  const instead = nearest.length === 0 ? "ask for less" : `ask for ${nearest.join(", or for ")}`;
  if (usdPerHour === null) return [{ code, message, hint: instead }];
  return [{ code, message, hint: `${instead}; or ${raiseText(usdPerHour, limits)}` }];
}

/** How to raise what is too low: the limit of a host, that of all of them, or both. */
function raiseText(usdPerHour: number, limits: HostLimits): string {
  const { maxUsdPerHour, maxTotalUsdPerHour = Number.POSITIVE_INFINITY } = limits;
  const usd = Math.ceil(usdPerHour);
  const raised = [
    ...(usdPerHour > maxUsdPerHour ? [["--max-hourly-usd", "maxHourlyUsd"]] : []),
    ...(usdPerHour > maxTotalUsdPerHour ? [["--max-total-hourly-usd", "maxTotalHourlyUsd"]] : []),
  ];
  const options = raised.map(([option]) => `${option} ${usd}`);
  const props = raised.map(([, prop]) => `${prop}: ${usd}`);
  return `raise the limit of the environment: \`npx windlass bootstrap ${options.join(" ")}\`, in the CDK \`${props.join(", ")}\``;
}
