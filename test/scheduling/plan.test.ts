import { describe, expect, it } from "vitest";
import { type ContainerState, type PoolState, plan } from "../../lib/scheduling/plan.ts";

const POOL: PoolState = {
  key: "f",
  backlog: 0,
  running: 0,
  inputMs: undefined,
  containers: [],
  minContainers: 0,
  maxContainers: 100,
  maxWorking: 4,
  bufferContainers: 0,
  scaledownWindowMs: 60_000,
  targetInputs: 1,
};

function container(id: string, status: ContainerState["status"], idleSince = 0): ContainerState {
  return { id, status, idleSince };
}

describe("plan", () => {
  it("starts nothing for a pool without work", () => {
    expect(plan([POOL], 0)).toEqual([]);
  });

  it("starts a container an input while nothing is known of the work, up to the limit", () => {
    expect(plan([{ ...POOL, backlog: 3 }], 0)).toEqual([{ kind: "start", pool: "f", count: 3 }]);
    expect(plan([{ ...POOL, backlog: 9 }], 0)).toEqual([{ kind: "start", pool: "f", count: 4 }]);
  });

  it("counts inputs that a container takes at a time", () => {
    const pool = { ...POOL, backlog: 30, targetInputs: 10 };
    expect(plan([pool], 0)).toEqual([{ kind: "start", pool: "f", count: 3 }]);
  });

  it("does not start a second container while the first boots for the same input", () => {
    const pool = { ...POOL, backlog: 1, containers: [container("a", "starting")] };
    expect(plan([pool], 0)).toEqual([]);
  });

  it("leaves work that is shorter than a start-up to the containers that exist", () => {
    const containers = [container("a", "busy")];
    const pool = { ...POOL, backlog: 1000, running: 1, inputMs: 0.01, containers };
    expect(plan([pool], 0)).toEqual([{ kind: "start", pool: "f", count: 1 }]);
    expect(plan([{ ...pool, backlog: 0 }], 0)).toEqual([]);
  });

  it("leaves to busy containers what they begin before another has started", () => {
    const busy = (busySince: number): ContainerState => ({
      ...container(`b${busySince}`, "busy"),
      busySince,
    });
    const pool = { ...POOL, inputMs: 20_000, startupMs: 60_000, running: 2, maxWorking: 100 };
    const started = (backlog: number, containers: readonly ContainerState[]): number => {
      const [action] = plan([{ ...pool, backlog, containers }], 100_000);
      return action?.kind === "start" ? action.count : 0;
    };
    // Each begins three until then, and the next container is worth as many.
    expect(started(8, [busy(90_000), busy(90_000)])).toBe(0);
    expect(started(9, [busy(90_000), busy(90_000)])).toBe(1);
    // An input that takes more than twice as long as others may never end.
    expect(started(5, [busy(90_000), busy(60_000)])).toBe(0);
    expect(started(6, [busy(90_000), busy(60_000)])).toBe(1);
    // Nobody is counted on.
    expect(started(1, [busy(60_000), busy(60_000)])).toBe(1);
    // Containers that take two inputs at a time do twice as much.
    const paired = { ...pool, targetInputs: 2, backlog: 12, running: 0 };
    expect(plan([paired], 0)).toEqual([{ kind: "start", pool: "f", count: 2 }]);
  });

  it("adds buffer containers only while there is work", () => {
    expect(plan([{ ...POOL, bufferContainers: 2 }], 0)).toEqual([]);
    expect(plan([{ ...POOL, backlog: 1, bufferContainers: 2 }], 0)).toEqual([
      { kind: "start", pool: "f", count: 3 },
    ]);
  });

  it("keeps minContainers warm without work and restores them", () => {
    const pool = { ...POOL, minContainers: 2, containers: [container("a", "idle")] };
    expect(plan([pool], 1_000_000)).toEqual([{ kind: "start", pool: "f", count: 1 }]);
  });

  it("replaces containers that wait for calls of their own, but never exceeds maxContainers", () => {
    const containers = [container("a", "blocked"), container("b", "blocked")];
    const pool = { ...POOL, backlog: 5, running: 2, containers, maxWorking: 2 };
    expect(plan([pool], 0)).toEqual([{ kind: "start", pool: "f", count: 2 }]);
    expect(plan([{ ...pool, maxContainers: 2 }], 0)).toEqual([]);
  });

  it("stops the longest idle containers after the scaledown window, and none that is needed", () => {
    const containers = [
      container("new", "idle", 50_000),
      container("old", "idle", 1000),
      container("busy", "busy"),
    ];
    const pool = { ...POOL, running: 1, containers };
    expect(plan([pool], 30_999)).toEqual([]);
    expect(plan([pool], 61_000)).toEqual([{ kind: "stop", pool: "f", container: "old" }]);
    expect(plan([{ ...pool, minContainers: 3 }], 500_000)).toEqual([]);
  });

  it("ends those first that have been idle for the longest", () => {
    const containers = [container("new", "idle", 2000), container("old", "idle", 1000)];
    const pool = { ...POOL, minContainers: 1, containers };
    expect(plan([pool], 500_000)).toEqual([{ kind: "stop", pool: "f", container: "old" }]);
  });

  it("counts each container once, however many inputs it runs, and not those that wait for calls", () => {
    const containers = [
      container("a", "busy"),
      container("b", "blocked"),
      container("c", "blocked"),
    ];
    const pool = { ...POOL, running: 3, inputMs: 1000, containers };
    expect(plan([pool], 0)).toEqual([]);
    expect(plan([{ ...pool, containers: containers.slice(1) }], 0)).toEqual([
      { kind: "start", pool: "f", count: 1 },
    ]);
  });

  it("keeps one idle container for the whole window", () => {
    const pool = { ...POOL, containers: [container("one", "idle", 1000)] };
    expect(plan([pool], 60_999)).toEqual([]);
    expect(plan([pool], 61_000)).toEqual([{ kind: "stop", pool: "f", container: "one" }]);
  });

  it("lets go of many that became idle together one after the other, from a quarter of the window to three", () => {
    const containers = Array.from({ length: 100 }, (_, index) => container(`c${index}`, "idle"));
    const stopped = (now: number): number => plan([{ ...POOL, containers }], now).length;
    expect(stopped(14_999)).toBe(0);
    expect(stopped(30_000)).toBeGreaterThan(25);
    expect(stopped(30_000)).toBeLessThan(75);
    expect(stopped(45_000)).toBe(99);
    expect(stopped(59_999)).toBe(99);
    expect(stopped(60_000)).toBe(100);
  });

  it("answers the same for the same state", () => {
    const pool = { ...POOL, backlog: 7, containers: [container("a", "idle")] };
    expect(plan([pool], 5)).toEqual(plan([pool], 5));
  });
});
