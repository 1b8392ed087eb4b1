/**
 * A container, from the wish to have it to its end. The controller writes it first and asks it to drain; from its
 * start on its agent keeps it, at least every {@link CONTAINER_BEAT_MS}.
 */
export interface ContainerRow {
  /** Key of its pool: the name of the function, or that and the hash of a parameter set. */
  readonly pool: string;
  readonly function: string;
  /** `wanted`: the controller has decided it; `placed`: ECS has taken its task. The agent writes the rest. */
  readonly status: "wanted" | "placed" | "starting" | "ready" | "draining" | "ended";
  /** Set by the controller: it takes nothing new, finishes, and ends. */
  readonly mustDrain: boolean;
  /** Number of the deployment whose code it runs; 0 before its agent has looked. */
  readonly deployment: number;
  readonly taskArn: string | null;
  /** ECS's container instance that it was placed on. */
  readonly hostArn: string | null;
  /** Inputs that it has taken: they run, or wait in it. */
  readonly taken: number;
  /** Inputs of the message that it took or sent last; null before the first. */
  readonly messageInputs: number | null;
  /** Since when it runs none, in milliseconds since 1970; null while it runs any. */
  readonly idleSince: number | null;
  /** When the oldest of the inputs that it runs began, in milliseconds since 1970; null while it runs none. */
  readonly busySince: number | null;
  /** Measured milliseconds of one input; null before the first result. */
  readonly inputMs: number | null;
  /** Where it takes requests; absent where its function answers none. */
  readonly door?: ContainerDoor | undefined;
  /** Set by the controller: its load balancer has begun to send it requests. */
  readonly isServed?: boolean | undefined;
  /** Set by the controller: its load balancer sends it nothing any more. */
  readonly isCut?: boolean | undefined;
  readonly createdAt: number;
  /** When it could first take work; rows of agents of before say nothing. */
  readonly readyAt?: number | null;
  /** When this row was last written, in milliseconds since 1970. */
  readonly at: number;
  /** Why it could not start, for whoever waits. */
  readonly error: string | null;
  /** When the table forgets it, in seconds since 1970. */
  readonly expiresAt: number;
}

export interface ContainerDoor {
  /** Of its host. */
  readonly port: number;
  /** Requests that it answers, and that wait in it. */
  readonly inside: number;
  readonly waiting: number;
}

/** An agent that has written nothing for three of these is gone. */
export const CONTAINER_BEAT_MS = 10_000;
