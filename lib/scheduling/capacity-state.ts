import type { Market, Needs, Room } from "./fit.ts";
import type { HostType } from "./host-types.ts";
import type { PoolState } from "./plan.ts";
import type { Rests } from "./rests.ts";

/** A pool, and what each of its containers takes. */
export interface CapacityPool extends PoolState {
  readonly needs: Needs;
  /** No container starts before: those that did last failed. */
  readonly startAfter: number;
  /** Why they failed. */
  readonly startError: string | null;
  /** What one input may take, for when none was measured. @default 300,000 */
  readonly timeoutMs?: number | undefined;
  /** Hosts of its containers that take nothing new, one for each of these. */
  readonly leaving?: readonly string[] | undefined;
}

export interface HostState {
  readonly id: string;
  readonly type: string;
  readonly market: Market;
  /**
   * `buying`: it was decided, and no answer is known; `booting`: it exists; `active`: it is in its cluster;
   * `closing`: it takes nothing new and ends once it is empty; `leaving`: the same, and not by the plan's choice: EC2
   * takes it back, or a GPU of it is broken.
   */
  readonly status: "buying" | "booting" | "active" | "closing" | "leaving";
  readonly boughtAt: number;
  /** ECS hears of it: only then can anything start there. */
  readonly isConnected: boolean;
  /** What its containers leave; what is expected of it before it has registered. */
  readonly room: Room;
  readonly tasks: number;
  /** When an input last ran on it, as its containers say; undefined where that was not asked. */
  readonly workedAt?: number | undefined;
  /** Since when it has had no container, as far as was noted. */
  readonly idleSince: number | null;
  /** When it was first seen empty after it began to close. */
  readonly emptyAt: number | null;
  /** What it was bought for, by pool. */
  readonly boughtFor: readonly HostPurpose[];
  /** What was tried before it, for those it was bought for; empty where it was the first choice. */
  readonly trail: string;
}

export interface HostPurpose {
  readonly pool: string;
  readonly needs: Needs;
  readonly count: number;
}

/** All that decisions about capacity are made from. */
export interface CapacityState {
  /** The pools to decide about; others may use the hosts as well. */
  readonly pools: readonly CapacityPool[];
  readonly hosts: readonly HostState[];
  readonly types: readonly HostType[];
  /** What hosts of a type have registered, by its name. */
  readonly learned: Readonly<Record<string, Room>>;
  /** Offers that are not asked for now, and why. */
  readonly resting: Rests;
  /** The dearest host that is bought, in dollars an hour; spot instances by their price on demand. */
  readonly maxUsdPerHour: number;
  /** From the wish to have a host to the moment when containers can start on it. @default 50,000 */
  readonly bootMs?: number | undefined;
  /** Hosts that may exist or be on their way at a time, those that end included. @default - no limit */
  readonly maxHosts?: number | undefined;
  /** What all of them together may cost, in dollars an hour by the same prices. @default - no limit */
  readonly maxTotalUsdPerHour?: number | undefined;
}

export type CapacityAction =
  | {
      readonly kind: "place";
      readonly pool: string;
      readonly host: string;
      /** GPUs of the host that are its own. */
      readonly gpus: number;
    }
  | {
      readonly kind: "drain";
      readonly pool: string;
      readonly container: string;
      /** The pool that gets its room, where a limit of the environment leaves none. */
      readonly for?: string;
    }
  | {
      readonly kind: "buy";
      readonly type: HostType;
      readonly market: Market;
      readonly boughtFor: readonly HostPurpose[];
      readonly trail: string;
    }
  /** Ask again, under the same token: whether it was bought is not known. */
  | { readonly kind: "ask-again"; readonly host: string }
  /** It was never bought, and nobody wants it any more. */
  | { readonly kind: "forget"; readonly host: string }
  | { readonly kind: "idle"; readonly host: string; readonly since: number | null }
  | {
      readonly kind: "close";
      readonly host: string;
      /** The pool that gets another in its place, where a limit of the environment allows no more. */
      readonly for?: string;
    }
  | { readonly kind: "empty"; readonly host: string }
  | { readonly kind: "reopen"; readonly host: string }
  | { readonly kind: "terminate"; readonly host: string; readonly reason: string }
  /** Containers of a pool that cannot start now, and why. */
  | {
      readonly kind: "wait";
      readonly pool: string;
      readonly count: number;
      readonly reason: string;
      /** What to say while their host is being asked for, where others were asked for before. */
      readonly trying?: string;
      /** A limit of the environment holds them back. */
      readonly isLimited?: true;
    };
