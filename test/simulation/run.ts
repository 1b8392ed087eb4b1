import { spawn } from "node:child_process";
import { once } from "node:events";

/** What the simulation prints of a seed that breaks a promise. */
export interface BrokenSeed {
  readonly seed: number;
  readonly violation: {
    readonly atMs: number;
    readonly invariant: string;
    readonly detail: string;
  };
  /** The shortest trace that was found; left out where the first violation was enough. */
  readonly steps?: readonly unknown[];
}

export interface SimulationSums {
  readonly seeds: number;
  readonly violations: number;
  readonly virtualHours: number;
  readonly calls: number;
  readonly hosts: number;
}

export interface Seeds {
  readonly first: number;
  readonly count: number;
  /** Stops at the first violation, as it is. */
  readonly isFirstEnough?: boolean;
}

/** Runs a bundle of the simulation over seeds, in a process of its own. */
export async function runSeeds(
  bundle: string,
  { first, count, isFirstEnough = false }: Seeds,
): Promise<{ readonly broken: readonly BrokenSeed[]; readonly sums: SimulationSums }> {
  const args = ["--enable-source-maps", "--no-warnings", bundle, String(first), String(count)];
  const child = spawn(process.execPath, isFirstEnough ? [...args, "--first"] : args);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`the simulation ended with code ${code}:\n${stderr}`);
  const lines = stdout.trimEnd().split("\n");
  const parsed = lines.map((line) => JSON.parse(line) as unknown); // Written by main.ts.
  return {
    broken: parsed.slice(0, -1) as BrokenSeed[],
    sums: parsed.at(-1) as SimulationSums,
  };
}
