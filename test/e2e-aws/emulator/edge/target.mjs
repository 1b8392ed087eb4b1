// A target: its connections, what is in flight on them, and its health.
import { Agent, request } from "node:http";

/** Keeps connections as a load balancer does: for its idle timeout, whatever the target says of its own. */
class TargetAgent extends Agent {
  idleMs = 60_000;

  constructor() {
    super({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 1024 });
  }

  keepSocketAlive(socket) {
    socket.setTimeout(this.idleMs);
    socket.unref();
    return true;
  }
}

export class Target {
  health = "initial";
  agent = new TargetAgent();
  /** Functions that end what is in flight. */
  #inFlight = new Set();
  #reason = "Elb.InitialHealthChecking";
  #description = "Initial health checks in progress";
  #passed = 0;
  #failed = 0;
  #timer;
  #changed;

  constructor(changed) {
    this.#changed = changed;
  }

  update(spec, group) {
    const before = this.spec?.reach?.address;
    this.spec = spec;
    this.group = group;
    // The kernel of a host resets connections whose container is gone; what is in flight notices by itself.
    if (before !== undefined && before !== spec.reach?.address) this.agent.destroy();
    if (this.isRegistered) this.#watch();
    else this.#rest();
  }

  get isRegistered() {
    return this.spec.state !== "draining" && this.spec.state !== "unused";
  }

  get outstanding() {
    return this.#inFlight.size;
  }

  /** Notes what is in flight, with what ends it; answers what takes the note away. */
  hold(end) {
    this.#inFlight.add(end);
    return () => this.#inFlight.delete(end);
  }

  /** The deregistration delay is over, or the group is gone: connections are closed. */
  close() {
    this.#rest();
    for (const end of this.#inFlight) end();
    this.agent.destroy();
  }

  report(group) {
    if (!this.isRegistered || this.spec.reach === undefined) return [];
    const { id, port, serial } = this.spec;
    const [reason, description] =
      this.health === "healthy" ? [] : [this.#reason, this.#description];
    return [{ group, id, port, serial, state: this.health, reason, description }];
  }

  #rest() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    // Who keeps a connection open to it has no more requests for it.
    if (this.spec.state === "draining") this.#closeFree();
  }

  #closeFree() {
    for (const socket of Object.values(this.agent.freeSockets).flat()) socket.destroy();
  }

  #watch() {
    if (this.#timer !== undefined || this.spec.reach === undefined) return;
    if (!this.group.check.enabled) {
      this.health = "healthy";
      return;
    }
    this.#check();
    this.#timer = setInterval(() => this.#check(), this.group.check.intervalSeconds * 1000);
    this.#timer.unref();
  }

  #check() {
    const { path, timeoutSeconds, matcher } = this.group.check;
    const { address, port, silent } = this.spec.checkReach;
    if (address === undefined) {
      // Nothing listens, or nobody is there to say so.
      const fail = () => this.#fail("Target.Timeout", "Request timed out");
      if (silent) setTimeout(fail, timeoutSeconds * 1000).unref();
      else this.#fail("Target.FailedHealthChecks", "Health checks failed");
      return;
    }
    const asked = request({
      ...{ host: address, port, path, agent: false, timeout: timeoutSeconds * 1000 },
      headers: { Host: `${address}:${port}`, "User-Agent": "ELB-HealthChecker/2.0" },
    });
    const late = setTimeout(() => asked.destroy(new Error("timeout")), timeoutSeconds * 1000);
    asked.on("response", (response) => {
      response.resume();
      clearTimeout(late);
      if (matches(matcher, response.statusCode)) this.#pass();
      else
        this.#fail(
          "Target.ResponseCodeMismatch",
          `Health checks failed with these codes: [${response.statusCode}]`,
        );
    });
    asked.on("error", ({ message }) => {
      clearTimeout(late);
      if (message === "timeout") this.#fail("Target.Timeout", "Request timed out");
      else this.#fail("Target.FailedHealthChecks", "Health checks failed");
    });
    asked.end();
  }

  #pass() {
    this.#failed = 0;
    this.#passed += 1;
    // "After your target is registered, it must pass one health check to be considered healthy."
    const needed = this.health === "initial" ? 1 : this.group.check.healthyThreshold;
    if (this.#passed >= needed) this.#become("healthy");
  }

  #fail(reason, description) {
    this.#passed = 0;
    this.#failed += 1;
    if (this.#failed < this.group.check.unhealthyThreshold) return;
    [this.#reason, this.#description] = [reason, description];
    this.#become("unhealthy");
  }

  #become(health) {
    if (this.health === health) return;
    this.health = health;
    this.#changed();
  }
}

/** A matcher is a list of codes and ranges: "200,202" or "200-299". */
function matches(matcher, status) {
  return matcher.split(",").some((part) => {
    const [from, to = from] = part.split("-").map(Number);
    return status >= from && status <= to;
  });
}
