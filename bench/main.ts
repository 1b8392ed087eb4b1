import { parseArgs } from "node:util";
import { judge, type Verdict, verdictLine } from "./bars.ts";
import { BenchError } from "./bench-error.ts";
import { describeMachine, load, loadWarning } from "./machine.ts";
import { Measurements, measurementLine, ratioLine } from "./measurements.ts";
import { createProjects } from "./project.ts";
import { ensureCelery, ensureEmbedding, ensureRay } from "./python-environment.ts";
import { type Redis, startRedis } from "./redis.ts";
import type { Suite } from "./suite.ts";
import { aws } from "./suites/aws.ts";
import { batching } from "./suites/batching.ts";
import { call } from "./suites/call.ts";
import { cold } from "./suites/cold.ts";
import { cpu } from "./suites/cpu.ts";
import { decide } from "./suites/decide.ts";
import { dict } from "./suites/dict.ts";
import { durable } from "./suites/durable.ts";
import { embedding } from "./suites/embedding.ts";
import { faults } from "./suites/faults.ts";
import { generator } from "./suites/generator.ts";
import { hello } from "./suites/hello.ts";
import { http } from "./suites/http.ts";
import { importing } from "./suites/import.ts";
import { map } from "./suites/map.ts";
import { million } from "./suites/million.ts";
import { numpy } from "./suites/numpy.ts";
import { payload } from "./suites/payload.ts";
import { plugin } from "./suites/plugin.ts";
import { python } from "./suites/python.ts";
import { queue } from "./suites/queue.ts";
import { queueAws } from "./suites/queue-aws.ts";
import { simulate } from "./suites/simulate.ts";
import { skew } from "./suites/skew.ts";
import { synth } from "./suites/synth.ts";
import { volume } from "./suites/volume.ts";
import { webAws } from "./suites/web-aws.ts";
import { formatRatios, formatTable } from "./table.ts";

const SUITES: readonly Suite[] = [
  call,
  map,
  million,
  durable,
  dict,
  queue,
  payload,
  generator,
  batching,
  python,
  numpy,
  embedding,
  cold,
  skew,
  faults,
  cpu,
  decide,
  hello,
  http,
  importing,
  simulate,
  synth,
  aws,
  queueAws,
  webAws,
  volume,
  plugin,
];
const NAMES: string = SUITES.map(({ name }) => name).join(" ");
const USAGE = `usage: npm run bench -- <suite>... [options]

suites: ${NAMES}, or all

  --json        print JSON lines on stdout, everything else on stderr
  --rounds <n>  rounds in which the contenders take turns (default: 5)
  --with ray    let Ray take part in map; installs it into bench/.venv
  --check       compare with the bars; exit 1 if one is missed
  --quick       two rounds of a tenth of the inputs: shows that it works, measures nothing`;

const MIN_ROUNDS = 5;
const QUICK_ROUNDS = 2;

interface Options {
  readonly suites: readonly Suite[];
  readonly json: boolean;
  readonly rounds: number;
  readonly ray: boolean;
  readonly check: boolean;
  readonly quick: boolean;
}

class UsageError extends Error {}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const before = load();
  const warning = loadWarning(before);
  const say = options.json ? console.error : console.log;
  say(`${describeMachine()}; load average before: ${before.toFixed(2)}`);
  if (warning !== undefined) console.error(warning);
  if (options.quick)
    console.error("warning: --quick does not measure: do not publish these numbers");
  const verdicts = await runSuites(options, say);
  say(`load average after: ${load().toFixed(2)}`);
  if (!options.check) return 0;
  for (const verdict of verdicts) say(verdictLine(verdict));
  return verdicts.some(({ passed }) => passed === false) ? 1 : 0;
}

async function runSuites(options: Options, say: (text: string) => void): Promise<Verdict[]> {
  using projects = createProjects();
  let redis: Redis | undefined;
  let celeryPython: string | undefined;
  let embeddingPython: string | undefined;
  const rayPython = options.ray ? ensureRay() : undefined;
  const verdicts: Verdict[] = [];
  try {
    for (const suite of options.suites) {
      const measurements = new Measurements(suite.name);
      await suite.run({
        projects,
        measurements,
        rounds: options.rounds,
        quick: options.quick,
        rayPython,
        celeryPython: () => (celeryPython ??= ensureCelery()),
        embeddingPython: () => (embeddingPython ??= ensureEmbedding()),
        redis: async () => (redis ??= await startRedis()),
        progress: (text) => console.error(`${suite.name}: ${text}`),
      });
      print(measurements, options.json, say);
      verdicts.push(...judge(measurements));
    }
  } finally {
    await redis?.[Symbol.asyncDispose]();
  }
  return verdicts;
}

function print(measurements: Measurements, json: boolean, say: (text: string) => void): void {
  say(`\n${formatTable(measurements)}\n\n${formatRatios(measurements)}\n`);
  if (!json) return;
  for (const measurement of measurements.all()) console.log(measurementLine(measurement));
  for (const ratio of measurements.ratios()) console.log(ratioLine(ratio));
}

function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  if (values.help) throw new UsageError(USAGE);
  const quick = values.quick ?? false;
  const rounds = Number(values.rounds ?? (quick ? QUICK_ROUNDS : MIN_ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new UsageError("--rounds takes a number from 1");
  if (values.with !== undefined && values.with !== "ray") throw new UsageError("--with takes ray");
  return {
    suites: findSuites(positionals),
    json: values.json ?? false,
    rounds,
    ray: values.with === "ray",
    check: values.check ?? false,
    quick,
  };
}

function parse(args: readonly string[]): ReturnType<typeof parseStrictly> {
  try {
    return parseStrictly(args);
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function parseStrictly(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      rounds: { type: "string" },
      with: { type: "string" },
      check: { type: "boolean" },
      quick: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
}

function findSuites(names: readonly string[]): Suite[] {
  if (names.length === 0) throw new UsageError(USAGE);
  if (names.includes("all")) return [...SUITES];
  return names.map((name) => {
    const suite = SUITES.find((candidate) => candidate.name === name);
    if (suite === undefined) throw new UsageError(`there is no suite "${name}", only ${NAMES}`);
    return suite;
  });
}

// Exit handlers end the contenders and Redis.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UsageError || error instanceof BenchError ? error.message : error);
  process.exit(error instanceof UsageError ? 2 : 1);
}
