import { describe, expect, it } from "vitest";
import {
  type ReviewAction,
  type ReviewedContainer,
  type ReviewedTask,
  reviewContainers,
} from "../../lib/scheduling/review-containers.ts";

const NOW = 10_000_000;

function row(given: Partial<ReviewedContainer> = {}): ReviewedContainer {
  const times = { at: NOW, createdAt: NOW };
  return { id: "c", status: "ready", taskArn: "t", isHostGone: false, ...times, ...given };
}

function task(given: Partial<ReviewedTask> = {}): ReviewedTask {
  return { arn: "t", container: "c", isStopped: false, reason: null, ...given };
}

/** What becomes of one container; `tasks` are all that ECS knows of, undefined where it was not asked. */
function review(
  given: Partial<ReviewedContainer>,
  tasks: readonly ReviewedTask[] | undefined = [task()],
): ReviewAction | undefined {
  const known = tasks && new Map(tasks.map((one) => [one.arn, one]));
  const actions = reviewContainers([row(given)], known, NOW);
  expect(actions.length).toBeLessThan(2);
  return actions[0];
}

describe("a container that was decided and has no task", () => {
  const wanted = { status: "wanted", taskArn: null } as const;

  it("is asked for again for two minutes, and then given up", () => {
    const again = { kind: "run-again", container: "c" };
    const ended = { kind: "end", container: "c", reason: "no host took it" };
    expect(review({ ...wanted, createdAt: NOW - 120_000 }, [])).toEqual(again);
    expect(review({ ...wanted, createdAt: NOW - 120_001 }, [])).toEqual(ended);
    // Whoever placed it did not live to note its task.
    expect(review({ status: "placed", taskArn: null }, [])).toEqual(again);
    expect(review({ ...wanted, taskArn: "t" }, [])).toEqual(again);
    // Where ECS was not asked no task of it is known.
    const [action] = reviewContainers([row(wanted)], undefined, NOW);
    expect(action).toEqual(again);
  });

  it("takes over the task that runs for it, however late, and none that has stopped", () => {
    const late = { ...wanted, createdAt: NOW - 3_600_000 };
    expect(review(late)).toEqual({ kind: "adopt", container: "c", taskArn: "t" });
    expect(review(wanted, [task({ isStopped: true })])?.kind).toBe("run-again");
    expect(review(wanted, [task({ container: "d" })])?.kind).toBe("run-again");
  });
});

describe("a container with a task", () => {
  it("goes on while the task runs and its agent is heard of", () => {
    expect(review({})).toBeUndefined();
    expect(review({ status: "draining", at: NOW - 30_000 })).toBeUndefined();
  });

  it("ends once its task has, for the reason that ECS tells", () => {
    expect(review({}, [])).toEqual({ kind: "end", container: "c", reason: "its task is gone" });
    const stopped = task({ isStopped: true, reason: "out of memory" });
    const end = { kind: "end", container: "c", reason: "out of memory" };
    expect(review({}, [stopped])).toEqual(end);
    const silent = task({ isStopped: true });
    expect(review({}, [silent])).toEqual({ ...end, reason: "its task is gone" });
  });

  it("goes on where ECS was not asked", () => {
    expect(reviewContainers([row()], undefined, NOW)).toEqual([]);
  });

  it.each(["starting", "ready", "draining"] as const)(
    "that is %s is stopped when three beats of its agent are missing",
    (status) => {
      expect(review({ status, at: NOW - 30_000 })).toBeUndefined();
      expect(review({ status, at: NOW - 30_001 })).toEqual({
        ...{ kind: "stop", container: "c", reason: "nothing was heard of its agent" },
      });
    },
  );

  it("has twenty minutes for its image", () => {
    expect(review({ status: "placed", at: NOW - 1_200_000 })).toBeUndefined();
    expect(review({ status: "placed", at: NOW - 1_200_001 })).toEqual({
      ...{ kind: "stop", container: "c", reason: "its image was not there in time" },
    });
  });

  it("ends with its host, whatever ECS tells", () => {
    const end = { kind: "end", container: "c", reason: "its host ended" };
    expect(review({ isHostGone: true })).toEqual(end);
    expect(review({ isHostGone: true, status: "wanted", taskArn: null })).toEqual(end);
  });
});

it("a container that has ended is told of for an hour, its host gone or not", () => {
  const ended = { status: "ended", isHostGone: true } as const;
  expect(review({ ...ended, at: NOW - 3_600_000 })).toBeUndefined();
  expect(review({ ...ended, at: NOW - 3_600_001 })).toEqual({ kind: "forget", container: "c" });
});

it("each of several containers is looked at with its own task", () => {
  const tasks = [task(), task({ arn: "u", container: "d" })];
  const rows = [row(), row({ id: "d", status: "wanted", taskArn: null }), row({ id: "e" })];
  const known = new Map(tasks.map((one) => [one.arn, one]));
  expect(reviewContainers([...rows, row({ id: "f", taskArn: "x" })], known, NOW)).toEqual([
    { kind: "adopt", container: "d", taskArn: "u" },
    { kind: "end", container: "f", reason: "its task is gone" },
  ]);
});
