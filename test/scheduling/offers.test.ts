import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GPU_NAMES, gpuText, parseGpu } from "../../lib/gpu.ts";
import { GPU_MEMORY_MIB, PRICE_LIST } from "../../lib/scheduling/host-data.ts";
import { HOST_TYPES } from "../../lib/scheduling/host-types.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { EVERY_OFFER, offerKey, quotaKey, type Rest } from "../../lib/scheduling/rests.ts";
import { type Buy, NOW, next, poolOf, runs, saleOf, soldOut, walk } from "./states.ts";

const names = (buys: readonly Buy[]): string[] =>
  buys.map(({ type, market }) => `${type.name} ${market}`);

describe("offers come in this order", () => {
  it("as spot instances, then on demand, each time the cheapest type first", () => {
    const sizes = ["g6.xlarge", "g6.2xlarge", "g6.4xlarge", "gr6.4xlarge"];
    expect(names(walk({ gpu: ["L4"] }))).toEqual([
      ...sizes.map((size) => `${size} spot`),
      ...sizes.map((size) => `${size} on-demand`),
    ]);
  });

  it("with spot: require, as spot instances alone", () => {
    const markets = new Set(walk({ gpu: ["L4"], spot: "require" }).map(({ market }) => market));
    expect([...markets]).toEqual(["spot"]);
  });

  it("with spot: never, on demand alone", () => {
    const markets = new Set(walk({ spot: "never" }).map(({ market }) => market));
    expect([...markets]).toEqual(["on-demand"]);
  });

  it("all of a GPU before those of the next in the list", () => {
    const tried = walk({ gpu: ["L40S", "A10G"] });
    const order = tried.map(({ type, market }) => `${type.gpu} ${market}`);
    expect([...new Set(order)]).toEqual([
      ...["L40S spot", "L40S on-demand", "A10G spot", "A10G on-demand"],
    ]);
  });

  it("an H200 after the H100 that was asked for, never for an H100!", () => {
    const given = { maxUsdPerHour: 100 };
    expect(names(walk({ gpu: ["H100:8"], spot: "never" }, given))).toEqual([
      ...["p5.48xlarge on-demand", "p5en.48xlarge on-demand"],
    ]);
    expect(names(walk({ gpu: ["H100!:8"], spot: "never" }, given))).toEqual([
      "p5.48xlarge on-demand",
    ]);
    // Nobody who wants one GPU pays for eight.
    expect(names(walk({ gpu: ["H100"], spot: "never" }, given))).toEqual(["p5.4xlarge on-demand"]);
  });

  it("a B300 after the B200 of a B200+", () => {
    expect(names(walk({ gpu: ["B200+:8"], spot: "require" }, { maxUsdPerHour: 150 }))).toEqual([
      ...["p6-b200.48xlarge spot", "p6-b300.48xlarge spot"],
    ]);
  });

  it("any GPU: the cheapest first, each below the limit in the end", () => {
    const order = walk({ gpu: ["any"], spot: "require" }).map(({ type }) => type.gpu);
    expect([...new Set(order)]).toEqual([...["T4", "L4", "A10G", "L40S", "RTX-PRO-6000", "H100"]]);
  });

  it("the same, whatever the order of the list", () => {
    const types = HOST_TYPES.toReversed();
    for (const needs of [{ gpu: ["any"] }, {}]) {
      expect(names(walk(needs, { types }))).toEqual(names(walk(needs)));
    }
  });

  it("those that cost up to twice as much, of equals the fewest hosts, then by name", () => {
    const sold = (prices: Readonly<Record<string, number>>) =>
      HOST_TYPES.flatMap((one) => {
        const usdPerHour = prices[one.name];
        return usdPerHour === undefined ? [] : [{ ...one, usdPerHour }];
      });
    const order = (prices: Readonly<Record<string, number>>, count: number): string[][] =>
      [sold(prices), sold(prices).toReversed()].map((types) => {
        const pool = { ...poolOf({ gpu: ["L4"], spot: "never" }), backlog: count };
        const buys = planCapacity(saleOf({ types, pools: [pool] }), NOW);
        return buys.flatMap((one) => (one.kind === "buy" ? one.type.name : []));
      });
    const twice = sold({ "g6.xlarge": 1, "g6.2xlarge": 2, "g6.4xlarge": 2.000001 });
    expect(names(walk({ gpu: ["L4"], spot: "never" }, { types: twice }))).toEqual([
      ...["g6.xlarge on-demand", "g6.2xlarge on-demand"],
    ]);
    const fewest = ["g6.12xlarge"];
    expect(order({ "g6.xlarge": 1, "g6.12xlarge": 2 }, 2)).toEqual([fewest, fewest]);
    const named = ["g6.2xlarge"];
    expect(order({ "g6.4xlarge": 1, "g6.2xlarge": 1 }, 1)).toEqual([named, named]);
  });

  it("whatever is asked for, within the limit, large enough, and each once", () => {
    const wish = fc
      .tuple(fc.constantFrom(...GPU_NAMES), fc.integer({ min: 1, max: 8 }))
      .map(([name, count]) => gpuText(name, count));
    const needs = fc.record({
      gpu: fc.array(wish, { maxLength: 3 }),
      spot: fc.constantFrom("prefer" as const, "require" as const, "never" as const),
      cpu: fc.integer({ min: 128, max: 64 * 1024 }),
      memoryMiB: fc.integer({ min: 128, max: 400_000 }),
    });
    fc.assert(
      fc.property(needs, fc.integer({ min: 1, max: 160 }), (asked, maxUsdPerHour) => {
        const tried = walk(asked, { maxUsdPerHour });
        expect(new Set(names(tried)).size).toBe(tried.length);
        let rank = 0;
        for (const { type, market } of tried) {
          expect(type.usdPerHour).toBeLessThanOrEqual(maxUsdPerHour);
          if (asked.spot === "require") expect(market).toBe("spot");
          if (asked.spot === "never") expect(market).toBe("on-demand");
          expect(type.vcpus * 1024).toBeGreaterThanOrEqual(asked.cpu);
          expect(type.memoryMiB).toBeGreaterThan(asked.memoryMiB);
          if (asked.gpu.length === 0) {
            expect(type.gpu).toBeNull();
            continue;
          }
          const fitting = asked.gpu.findIndex((text, index) => {
            const { kinds = [], count = 9 } = parseGpu(text) ?? {};
            return index >= rank && kinds.includes(type.gpu ?? "") && type.gpus >= count;
          });
          expect(fitting).toBeGreaterThanOrEqual(rank);
          rank = fitting;
        }
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("what rests is passed over", () => {
  const quota: Rest = { until: NOW + 1, why: "quota" };

  it("until its time is over", () => {
    const key = offerKey("g6.xlarge", "spot");
    const first = (until: number) =>
      next({ gpu: ["L4"] }, { resting: { [key]: { until, why: "stock", zones: [] } } }).buy;
    expect(first(NOW + 1)?.type.name).toBe("g6.2xlarge");
    expect(first(NOW)?.type.name).toBe("g6.xlarge");
  });

  it("in one market: the other has its own stock", () => {
    const resting = { [offerKey("g6.xlarge", "on-demand")]: soldOut() };
    expect(next({ gpu: ["L4"] }, { resting }).buy).toMatchObject({
      ...{ type: { name: "g6.xlarge" }, market: "spot" },
    });
  });

  it("with all of its class that are bought in the same way, where a quota is full", () => {
    const resting = { [quotaKey("g6.xlarge", "spot")]: quota };
    const tried = walk({ gpu: ["L4", "H100"] }, { resting });
    expect(names(tried).filter((name) => name.startsWith("g"))).not.toContain("g6.xlarge spot");
    expect(names(tried)[0]).toBe("g6.xlarge on-demand");
    expect(names(tried)).toContain("p5.4xlarge spot");
    expect(names(walk({}, { resting }))[0]).toBe("c6a.large spot");
  });

  it("with everything, where a permission is missing", () => {
    const message = "AWS refuses to let the controller buy hosts: it lacks iam:PassRole";
    const resting = { [EVERY_OFFER]: { until: NOW + 1, why: "permission", message } } as const;
    const { buy, wait } = next({ gpu: ["L4"] }, { resting });
    expect(buy).toBeUndefined();
    expect(wait?.reason).toContain(message);
  });

  it("though spot is required, and nothing is bought on demand instead", () => {
    const resting = { [quotaKey("g6.xlarge", "spot")]: quota };
    const { buy, wait } = next({ gpu: ["L4"], spot: "require" }, { resting });
    expect(buy).toBeUndefined();
    expect(wait?.reason).toBe(
      "the account's quota of vCPUs for spot G and VT instances leaves no room: ask AWS for more; tried again within 5 minutes",
    );
  });
});

describe("whoever waits is told what was tried", () => {
  /** After so many purchases that were refused for want of stock. */
  const refusedTimes = (count: number, needs: Parameters<typeof walk>[0]) => {
    const tried = walk(needs).slice(0, count);
    const rest = soldOut("us-east-1a", "us-east-1b");
    const resting = Object.fromEntries(
      tried.map(({ type, market }) => [offerKey(type.name, market), rest]),
    );
    return next(needs, { resting }).wait;
  };
  const oneSize = { memoryMiB: 25_000, cpu: 4096 };

  it("nothing of it where the first offer is asked for", () => {
    expect(refusedTimes(0, { gpu: ["L4"] })).toEqual({
      ...{ kind: "wait", pool: "f", count: 1 },
      reason: "a host boots: g6.xlarge, spot, up to $0.82/h",
    });
  });

  it.each([
    {
      count: 1,
      trail: "no spot g6e.xlarge in us-east-1a/b",
      trying: "spot g6e.2xlarge",
      host: "g6e.2xlarge, spot, up to $2.26/h",
    },
    {
      count: 3,
      trail: "no spot L40S in us-east-1a/b",
      trying: "L40S:1 on demand",
      host: "g6e.xlarge, $1.88/h",
    },
    {
      count: 6,
      trail: "no L40S in us-east-1a/b",
      trying: "A10G:1",
      host: "g5.2xlarge, spot, up to $1.23/h",
    },
  ])("after $count refusals of the first GPU", ({ count, trail, trying, host }) => {
    const wait = refusedTimes(count, { gpu: ["L40S", "A10G"], ...oneSize });
    expect(wait?.trying).toBe(`${trail}, trying ${trying}`);
    expect(wait?.reason).toBe(`${trail}; a host boots: ${host}`);
  });

  it("types by their names where there are no GPUs", () => {
    expect(refusedTimes(2, {})?.trying).toBe(
      "no spot c6a.large or m6a.large in us-east-1a/b, trying spot c7i.large",
    );
    expect(refusedTimes(4, {})?.trying).toMatch(/^no spot \S+, \S+, \S+ or \S+ in/);
    expect(refusedTimes(5, {})?.trying).toMatch(/^no spot \S+, \S+, \S+ or 2 others in/);
    expect(refusedTimes(7, {})?.trying).toBe(
      "no spot c6a.large, m6a.large, c7i.large or 4 others in us-east-1a/b, trying c6a.large on demand",
    );
  });

  it("zones of several regions one by one, and none where EC2 names none", () => {
    const told = (...zones: string[]) => {
      const resting = { [offerKey("g6.xlarge", "spot")]: soldOut(...zones) };
      return next({ gpu: ["L4"] }, { resting }).wait?.trying;
    };
    expect(told("us-east-1-bos-1a", "us-east-1a")).toContain("in us-east-1-bos-1a, us-east-1a,");
    expect(told()).toContain("in any zone of this environment, trying");
  });

  it("zones in their order, and each once", () => {
    const resting = {
      [offerKey("g6.xlarge", "spot")]: soldOut("us-east-1c", "us-east-1a"),
      [offerKey("g6.xlarge", "on-demand")]: soldOut("us-east-1a", "us-east-1b"),
    };
    const needs = { gpu: ["L4"], memoryMiB: 14_000 };
    const types = HOST_TYPES.filter(({ name }) => /^g6\.2?xlarge$/.test(name));
    expect(next(needs, { resting, types }).wait?.trying).toBe(
      "no spot g6.xlarge in us-east-1a/c, trying spot g6.2xlarge",
    );
    const only = types.filter(({ name }) => name === "g6.xlarge");
    expect(next(needs, { resting, types: only }).wait?.reason).toBe(
      "no L4 in us-east-1a/b/c; tried again within 5 minutes",
    );
  });

  it("one place after the other where types are lacking in different ones", () => {
    const resting = {
      [offerKey("c6a.large", "on-demand")]: soldOut("us-east-1a"),
      [offerKey("m6a.large", "on-demand")]: soldOut("us-east-1b"),
    };
    expect(next({ spot: "never" }, { resting }).wait?.trying).toBe(
      "no c6a.large on demand in us-east-1a; no m6a.large on demand in us-east-1b, trying c7i.large on demand",
    );
  });

  it("of no other where none is cheap enough", () => {
    expect(next({}, { maxUsdPerHour: 0.01 }).wait?.reason).toBe(
      "c6a.large costs $0.09/h, above the limit of $0.01/h a host",
    );
    // The one that costs the least alone, not the one that many fit best.
    const pools = [{ ...poolOf({}), backlog: 200 }];
    const [wait] = planCapacity(saleOf({ pools, maxUsdPerHour: 0.01 }), NOW);
    expect(wait).toMatchObject({ reason: expect.stringMatching(/^c6a.large costs/) });
  });

  it("of the first of its list alone, where none can be had", () => {
    const reason = next({ gpu: ["H100:8", "B200"] }).wait?.reason;
    expect(reason).toMatch(/^p5.48xlarge costs/);
    expect(reason).not.toContain("p6-b200");
  });

  it("that nothing is left, once everything was refused", () => {
    expect(refusedTimes(99, { gpu: ["RTX-PRO-6000"] })?.reason).toBe(
      "no RTX-PRO-6000 in us-east-1a/b; tried again within 5 minutes",
    );
  });

  it("of quota and stock both", () => {
    const resting = {
      [quotaKey("g6.xlarge", "spot")]: { until: NOW + 1, why: "quota" } as const,
      [offerKey("g6.xlarge", "on-demand")]: soldOut("us-east-1a"),
    };
    expect(next({ gpu: ["L4"] }, { resting }).wait?.trying).toBe(
      "no g6.xlarge on demand in us-east-1a; the account's quota of vCPUs for spot G and VT instances leaves no room: ask AWS for more, trying g6.2xlarge on demand",
    );
  });

  it("what EC2 said that nobody knows the meaning of", () => {
    const message = "EC2 refuses g6.xlarge: InvalidParameter: no";
    const rest = { until: NOW + 1, why: "refused", message } as const;
    const resting = { [offerKey("g6.xlarge", "spot")]: rest };
    expect(next({ gpu: ["L4"] }, { resting }).wait?.trying).toBe(
      `${message}, trying spot g6.2xlarge`,
    );
    const none = soldOut("us-east-1a");
    const mixed = { [offerKey("g6.xlarge", "spot")]: none, [offerKey("g6.2xlarge", "spot")]: rest };
    expect(next({ gpu: ["L4"] }, { resting: mixed }).wait?.trying).toBe(
      `no spot g6.xlarge in us-east-1a; ${message}, trying spot g6.4xlarge`,
    );
    // Once, though it was said of two.
    const both = { ...resting, [offerKey("g6.2xlarge", "spot")]: rest };
    expect(next({ gpu: ["L4"] }, { resting: both }).wait?.trying).toBe(
      `${message}, trying spot g6.4xlarge`,
    );
  });
});

describe("the nearest hosts that are told", () => {
  it("have the memory, are below the limit or at it, and are the cheapest of their shape", () => {
    const near = (needs: Parameters<typeof next>[0], maxUsdPerHour: number): string | undefined =>
      next(needs, { maxUsdPerHour }).wait?.reason.split("nearest: ")[1];
    const small = "T4 on g4dn.xlarge (4 vCPUs, 16 GiB), $0.54/h";
    const larger = "L4 on g6.xlarge (4 vCPUs, 16 GiB), $0.82/h";
    expect(near({ gpu: ["B200"] }, 1)).toBe(`${larger}; ${small}`);
    expect(near({ gpu: ["B200"] }, 0.820759)).toBe(`${larger}; ${small}`);
    expect(near({ gpu: ["B200"] }, 0.820758)).toBe(small);
    expect(near({ gpu: ["B200"], memoryMiB: 150_000 }, 10)).toContain(
      "RTX-PRO-6000 on g7e.8xlarge (32 vCPUs, 256 GiB), $5.28/h",
    );
    expect(near({ architecture: undefined, cpu: 1e6 }, 10)).toMatch(/^c6a.16xlarge/);
  });
});

describe("images for arm64", () => {
  it("have hosts with Graviton processors alone, and others have none of these", () => {
    const graviton = /^[cmr][78]g\./;
    const [arm, amd] = (["arm64", "amd64"] as const).map((architecture) =>
      walk({ architecture }).map(({ type }) => type.name),
    );
    expect(arm?.[0]).toBe("c7g.large");
    expect(arm?.every((name) => graviton.test(name))).toBe(true);
    expect(amd?.some((name) => graviton.test(name))).toBe(false);
  });

  it("have those with the memory that they need", () => {
    const asked = { architecture: "arm64", cpu: 2048, memoryMiB: 12_000 } as const;
    expect(next(asked).buy?.type.name).toBe("r7g.large");
  });

  it("of containers that nothing was written of in former versions are amd64", () => {
    expect(next({ architecture: undefined }).buy?.type.name).toBe("c6a.large");
  });

  it("that are too large for any are told of such hosts", () => {
    const { wait } = next({ architecture: "arm64", memoryMiB: 1_000_000 });
    expect(wait?.reason).toMatch(/nearest: [cmr][78]g\./);
  });
});

describe("the table of hosts", () => {
  const counted = (gpu: string): string[] =>
    Array.from({ length: 8 }, (_, index) => {
      const needs = { gpu: [gpuText(gpu, index + 1)], spot: "never" } as const;
      return next(needs, { maxUsdPerHour: 1000 }).buy?.type.name ?? "none";
    });

  it.each([
    ["T4", ["g4dn.xlarge", "g4dn.12xlarge", "g4dn.12xlarge", "g4dn.metal"]],
    ["L4", ["g6.xlarge", "g6.12xlarge", "g6.12xlarge", "g6.48xlarge"]],
    ["A10", ["g5.xlarge", "g5.12xlarge", "g5.12xlarge", "g5.48xlarge"]],
    ["A10G", ["g5.xlarge", "g5.12xlarge", "g5.12xlarge", "g5.48xlarge"]],
    ["L40S", ["g6e.xlarge", "g6e.12xlarge", "g6e.12xlarge", "g6e.48xlarge"]],
    ["RTX-PRO-6000", ["g7e.2xlarge", "g7e.12xlarge", "g7e.24xlarge", "g7e.48xlarge"]],
    ["A100", ["p4d.24xlarge", "p4d.24xlarge", "p4d.24xlarge", "p4d.24xlarge"]],
    ["A100-40GB", ["p4d.24xlarge", "p4d.24xlarge", "p4d.24xlarge", "p4d.24xlarge"]],
    ["A100-80GB", ["p4de.24xlarge", "p4de.24xlarge", "p4de.24xlarge", "p4de.24xlarge"]],
    ["H100", ["p5.4xlarge", "p5.48xlarge", "p5.48xlarge", "p5.48xlarge"]],
    ["H200", ["p5en.48xlarge", "p5en.48xlarge", "p5en.48xlarge", "p5en.48xlarge"]],
    ["B200", ["p6-b200.48xlarge", "p6-b200.48xlarge", "p6-b200.48xlarge", "p6-b200.48xlarge"]],
    ["B300", ["p6-b300.48xlarge", "p6-b300.48xlarge", "p6-b300.48xlarge", "p6-b300.48xlarge"]],
    ["any", ["g4dn.xlarge", "g4dn.12xlarge", "g4dn.12xlarge", "g4dn.metal"]],
  ] as const)("gives %s the smallest host that holds the count", (gpu, [one, two, four, eight]) => {
    const three = gpu === "RTX-PRO-6000" ? "g7e.24xlarge" : four;
    expect(counted(gpu)).toEqual([one, two, three, four, eight, eight, eight, eight]);
  });

  it("is the one of docs/gpus.md, with its dates", () => {
    const page = readFileSync(new URL("../../docs/gpus.md", import.meta.url), "utf8");
    const rows = page.replaceAll(/ +/g, " ");
    for (const [gpu, memoryMiB] of Object.entries(GPU_MEMORY_MIB)) {
      const hosts = [1, 2, 4, 8].map((count) => {
        const needs = { gpu: [gpuText(gpu, count)], spot: "never" } as const;
        const { name = "", usdPerHour = 0 } = next(needs, { maxUsdPerHour: 999 }).buy?.type ?? {};
        return `${name} $${usdPerHour.toFixed(2)}`;
      });
      const cells = [`\`${gpu}\``, (memoryMiB / 1024).toFixed(1), ...hosts];
      expect(rows).toContain(`| ${cells.join(" | ")} |`);
    }
    const { region, gpuDate, generalDate, gravitonDate } = PRICE_LIST;
    expect(page.replaceAll("\n", " ")).toContain(
      `in ${region}, hosts with GPUs as of ${gpuDate}, others as of ${generalDate}, those for arm64 as of ${gravitonDate},`,
    );
  });

  it("has what EC2 has: no type twice, prices that grow with the size", () => {
    expect(new Set(HOST_TYPES.map(({ name }) => name)).size).toBe(HOST_TYPES.length);
    for (const one of HOST_TYPES) {
      expect(one.name).toMatch(/^[a-z]+\d[a-z\d]*(-b\d+)?\.(\d*x?large|metal)$/);
      expect([null, ...Object.keys(GPU_MEMORY_MIB)]).toContain(one.gpu);
      expect(one.vcpus * one.memoryMiB, one.name).toBeGreaterThan(0);
      expect(one.usdPerHour, one.name).toBeGreaterThan(0);
      expect(one.gpus > 0, one.name).toBe(one.gpu !== null);
      const family = one.name.split(".")[0];
      const smaller = HOST_TYPES.filter(
        ({ name, vcpus, gpus }) =>
          name.startsWith(`${family}.`) && gpus === one.gpus && vcpus < one.vcpus,
      );
      for (const { usdPerHour } of smaller) expect(usdPerHour).toBeLessThan(one.usdPerHour);
    }
  });
});
