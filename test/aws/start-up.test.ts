import { describe, expect, it } from "vitest";
import { bootMs, startupMs } from "../../cdk/controller/start-up.ts";
import type { KnownContainer, KnownHost } from "../../cdk/controller/world.ts";

function started(...times: readonly (number | null)[]): number {
  const containers = times.map((ms, index) => {
    const createdAt = 100_000 * index;
    return { row: { createdAt, readyAt: ms === null ? null : createdAt + ms } };
  });
  return startupMs(containers as readonly object[] as readonly KnownContainer[]); // Only these fields are read.
}

describe("a start-up", () => {
  it("is taken to be ten seconds before any was measured", () => {
    expect(started()).toBe(10_000);
    expect(started(null, null)).toBe(10_000);
  });

  it("is the usual one of the latest nine, whatever single ones took", () => {
    expect(started(3000, 90_000, 2000)).toBe(3000);
    expect(started(...Array<number>(20).fill(60_000), ...Array<number>(9).fill(4000))).toBe(4000);
  });

  it("is within a second and ten minutes", () => {
    expect(started(-5000)).toBe(1000);
    expect(started(5_000_000)).toBe(600_000);
  });
});

it("hosts are taken to boot in fifty seconds before one was seen to join", () => {
  const boot = (...joinedAt: readonly (number | undefined)[]): number => {
    const hosts = joinedAt.map((at) => ({ row: { boughtAt: 0, joinedAt: at } }));
    return bootMs(hosts as readonly object[] as readonly KnownHost[], 0); // Only these fields are read.
  };
  expect(boot(undefined)).toBe(50_000);
  expect(boot(undefined, 70_000)).toBe(70_000);
});
