// A target group: which of its targets gets a request.
import { Target } from "./target.mjs";

export class TargetGroup {
  #targets = new Map();
  #changed;
  #turn = 0;

  /** `changed` is called when the health of a target has. */
  constructor(changed) {
    this.#changed = changed;
  }

  update(spec) {
    this.spec = spec;
    const targets = new Map();
    for (const one of spec.targets) {
      const key = `${one.id} ${one.port} ${one.serial}`;
      const target = this.#targets.get(key) ?? new Target(this.#changed);
      target.update(one, spec);
      targets.set(key, target);
    }
    // Gone from the group is gone for good: the deregistration delay is over.
    for (const [key, target] of this.#targets) if (!targets.has(key)) target.close();
    this.#targets = targets;
  }

  close() {
    for (const target of this.#targets.values()) target.close();
  }

  health() {
    return [...this.#targets.values()].flatMap((target) => target.report(this.spec.arn));
  }

  /**
   * Healthy ones; where all are unhealthy any of them, since the load balancer "fails open"; none of those that are new.
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
   */
  candidates() {
    const registered = [...this.#targets.values()].filter(({ isRegistered }) => isRegistered);
    const healthy = registered.filter(({ health }) => health === "healthy");
    if (healthy.length > 0) return healthy;
    return registered.every(({ health }) => health === "unhealthy") ? registered : [];
  }

  find({ id, port }) {
    return this.candidates().find(({ spec }) => spec.id === id && spec.port === port);
  }

  /** The next by the group's algorithm, or undefined. */
  pick() {
    const able = this.candidates();
    this.#turn += 1;
    const first = able[this.#turn % able.length];
    const algorithm = this.spec.attributes["load_balancing.algorithm.type"] ?? "round_robin";
    if (algorithm !== "least_outstanding_requests") return first;
    return able.reduce((least, one) => (one.outstanding < least.outstanding ? one : least), first);
  }
}
