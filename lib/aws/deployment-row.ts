import type { PoolScaling } from "./scaling.ts";

/** A function or class that an app no longer has. */
export interface Removal {
  /** The first deployment without it: calls that were sent under an earlier one are never run. */
  readonly number: number;
  /** When that was deployed, in milliseconds since 1970. */
  readonly at: number;
}

/** The controller removes what only old deployments of an app name. */
export interface SweepRow {
  /** When that has ended at the latest, in milliseconds since 1970. */
  readonly until: number;
  /** Task definitions of a manifest that is not done with yet. */
  readonly deregistered?: readonly string[];
}

/** Who deployed an app, of what, and how they call it. */
export interface DeploymentLabel {
  /** What `--tag` says. */
  readonly tag?: string;
  /** Version of the `windlass` that deployed it. */
  readonly client: string;
  /** The end of the ARN of whoever deployed it, for instance `user/ada`. */
  readonly by?: string;
  /** Seven digits of the commit of the project, with `*` where files differ from it. */
  readonly commit?: string;
  /** Number of the deployment that this one brings back. */
  readonly rollbackTo?: number;
  /** It has changed nothing: containers are new. */
  readonly isRollover?: true;
}

/** A deployment of an app. */
export interface DeploymentRow {
  /** Grows by one with each deployment, rollbacks too. */
  readonly number: number;
  /** SHA-256 of the bundle at `bundles/<app>/<codeHash>.mjs`. */
  readonly codeHash: string;
  readonly specHash: string;
  readonly manifestKey: string;
  /** When it was deployed, in milliseconds since 1970. */
  readonly at: number;
  /** The resource that deployed it: no other may remove it. */
  readonly owner: string;
  readonly shards: string;
  /** What its template was made from, the code aside; empty when only its stack may change it. */
  readonly templateHash: string;
  /** Its code was put ahead of its stack, by `windlass deploy`. */
  readonly isAhead: boolean;
  /** What `updateAutoscaler` has set, by the keys of pools. */
  readonly scaling?: Readonly<Record<string, PoolScaling>>;
  /** By name, for as long as calls of it may be asked for; rows of before there was any say nothing. */
  readonly removed?: Readonly<Record<string, Removal>>;
  /** What `windlass` tells of it; nothing where another tool deployed it. */
  readonly label?: DeploymentLabel;
}
