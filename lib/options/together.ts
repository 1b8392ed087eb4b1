import type { AnyFunctionOptions } from "./function-options.ts";
import type { Violation } from "./violation.ts";

interface Rule {
  readonly code: string;
  isBroken(options: AnyFunctionOptions): boolean;
  message(options: AnyFunctionOptions, subject: string): string;
  readonly hint: string;
}

/** Options that do not go together; each is valid by itself. */
const RULES: readonly Rule[] = [
  {
    code: "WINDLASS_MIN_OVER_MAX_CONTAINERS",
    isBroken: ({ minContainers = 0, maxContainers = Number.POSITIVE_INFINITY }) =>
      minContainers > maxContainers,
    message: ({ minContainers, maxContainers }, subject) =>
      `\`minContainers\` of ${subject} must be at most \`maxContainers\` ${maxContainers}, got ${minContainers}`,
    hint: "raise `maxContainers`, or lower `minContainers`",
  },
  {
    code: "WINDLASS_NONPREEMPTIBLE_GPU",
    isBroken: ({ nonpreemptible, gpu }) => nonpreemptible === true && gpu !== undefined,
    message: (_, subject) => `\`nonpreemptible\` of ${subject} does not go with \`gpu\``,
    hint: 'write `spot: "never"` instead: hosts on demand, which EC2 does not take back',
  },
  {
    code: "WINDLASS_NONPREEMPTIBLE_SPOT",
    isBroken: ({ nonpreemptible, spot = "never" }) => nonpreemptible === true && spot !== "never",
    message: ({ spot }, subject) =>
      `\`nonpreemptible\` of ${subject} does not go with \`spot: "${spot}"\`: EC2 takes spot instances back`,
    hint: "remove one of them",
  },
  {
    code: "WINDLASS_SINGLE_USE_CONCURRENCY",
    isBroken: ({ singleUseContainers, concurrency }) =>
      singleUseContainers === true && (concurrency?.maxInputs ?? 1) > 1,
    message: ({ concurrency }, subject) =>
      `\`singleUseContainers\` of ${subject} runs one input in a container, but \`maxInputs\` is ${concurrency?.maxInputs}`,
    hint: "remove `singleUseContainers` or `concurrency`",
  },
  {
    code: "WINDLASS_SINGLE_USE_BATCH",
    isBroken: ({ singleUseContainers, batch }) =>
      singleUseContainers === true && batch !== undefined,
    message: (_, subject) =>
      `\`singleUseContainers\` of ${subject} runs one input in a container, but it has \`batch\``,
    hint: "remove `singleUseContainers` or `batch`",
  },
  {
    code: "WINDLASS_CACHES_WITHOUT_SNAPSHOT",
    isBroken: ({ snapshotCaches, enableMemorySnapshot }) =>
      snapshotCaches !== undefined && enableMemorySnapshot !== true,
    message: (_, subject) =>
      `\`snapshotCaches\` of ${subject} needs \`enableMemorySnapshot\`, which is not true`,
    hint: "set `enableMemorySnapshot: true`",
  },
  {
    code: "WINDLASS_SCHEDULED_BATCH",
    isBroken: ({ schedule, batch }) => schedule !== undefined && batch !== undefined,
    message: (_, subject) =>
      `\`schedule\` of ${subject} runs it without arguments, but it has \`batch\`, which are arrays of them`,
    hint: "schedule a function that calls it",
  },
];

export function checkTogether(options: AnyFunctionOptions, subject: string): Violation[] {
  return RULES.filter((rule) => rule.isBroken(options)).map((rule) => ({
    code: rule.code,
    message: rule.message(options, subject),
    hint: rule.hint,
  }));
}
