import type { Balancer, TargetPlace } from "../../cdk/controller/ports.ts";

interface FakeTarget extends TargetPlace {
  readonly registeredAt: number;
  isLeaving: boolean;
}

/** A new target is asked how it is, and says so, within this. */
const PROBE_MS = 6000;

/** Target groups and rules of load balancers, in memory. A rule sends requests to `front` first. */
export class FakeBalancer {
  readonly groups: Map<string, FakeTarget[]> = new Map();
  readonly rules: Map<string, string> = new Map();
  /** What was done to them, in order. */
  readonly done: string[] = [];
  /** Targets that do not answer. */
  readonly ill: Set<number> = new Set();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Ports of the targets that get requests. */
  served(group: string): readonly number[] {
    const targets = this.groups.get(group) ?? [];
    return targets.filter(({ isLeaving }) => !isLeaving).map(({ port }) => port);
  }

  port(through: <T>(operation: string, act: () => T) => Promise<T>): Balancer {
    return {
      targets: (group) =>
        through("balancer.targets", () =>
          this.#targets(group).map(({ instanceId, port, registeredAt, isLeaving }) => ({
            ...{ instanceId, port, isLeaving },
            isWell: !isLeaving && !this.ill.has(port) && this.#now() - registeredAt >= PROBE_MS,
          })),
        ),
      register: (group, places) =>
        through("balancer.register", () => {
          this.#note("register", group, places);
          const registeredAt = this.#now();
          this.#targets(group).push(
            ...places.map(({ instanceId, port }) => ({
              ...{ instanceId, port, registeredAt, isLeaving: false },
            })),
          );
        }),
      deregister: (group, places) =>
        through("balancer.deregister", () => {
          this.#note("deregister", group, places);
          for (const target of this.#targets(group)) {
            if (places.some(({ port }) => port === target.port)) target.isLeaving = true;
          }
        }),
      destination: (rule) => through("balancer.destination", () => this.rules.get(rule) ?? "front"),
      direct: (rule, { to }) =>
        through("balancer.direct", () => {
          this.done.push(`direct ${rule} ${to}`);
          this.rules.set(rule, to);
        }),
    };
  }

  #note(what: string, group: string, places: readonly TargetPlace[]): void {
    this.done.push(`${what} ${group} ${places.map(({ port }) => port).join(" ")}`);
  }

  #targets(group: string): FakeTarget[] {
    const targets = this.groups.get(group) ?? [];
    this.groups.set(group, targets);
    return targets;
  }
}
