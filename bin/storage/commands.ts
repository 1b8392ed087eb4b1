import type { CommandEntry } from "../command-table.ts";

export const PLACE_OPTIONS = [
  ["--on <place>", "where: local (default) or aws"],
  ["--environment <name>", "the environment on AWS (default: WINDLASS_ENVIRONMENT, else default)"],
  ["--json", "print machine-readable JSON"],
  ["--debug", "show stack traces of Windlass too"],
] as const;
const ALLOW_MISSING = ["--allow-missing", "with delete: it need not be there"] as const;

/** Commands for what is stored under names. */
export const STORAGE_COMMANDS: readonly CommandEntry[] = [
  {
    name: "dict",
    operands: "<create|list|items|get|put|clear|delete> [name] [arguments...]",
    description: "look into dicts, make and remove them",
    options: [ALLOW_MISSING, ...PLACE_OPTIONS],
    examples: [
      "$ windlass dict list --on aws           all dicts of the environment",
      "$ windlass dict put cache greeting hi   values are JSON or text",
      "$ windlass dict items cache --json      one line an item",
    ].join("\n  "),
    load: () => import("../commands/dict.ts"),
  },
  {
    name: "queue",
    operands: "<create|list|peek|len|clear|delete> [name] [count]",
    description: "look into queues, make and remove them",
    options: [
      ["--backing <backing>", "with create: sqs (default) or dynamodb, which peek needs on AWS"],
      ["--partition <partition>", "with peek, len and clear: not the one without a name"],
      ["--total", "with len: all partitions"],
      ["--all", "with clear: all partitions"],
      ALLOW_MISSING,
      ...PLACE_OPTIONS,
    ],
    examples: [
      "$ windlass queue peek jobs 10                 the first ten, which stay",
      "$ windlass queue len jobs --partition eu --on aws",
    ].join("\n  "),
    load: () => import("../commands/queue.ts"),
  },
  {
    name: "secret",
    operands: "<create|list|delete> [name] [KEY=value...]",
    description: "make, list and remove secrets; values are never shown",
    options: [
      ["--backing <backing>", "with create: ssm (default) or secretsmanager"],
      ["--from-dotenv <file>", "with create: variables of a .env file; - is standard input"],
      ["--from-json <file>", "with create: of a JSON object; - is standard input"],
      ["--update", "with create: set variables of one that is there"],
      ALLOW_MISSING,
      ...PLACE_OPTIONS,
    ],
    examples: [
      "$ windlass secret create openai OPENAI_API_KEY   asks for the value, without an echo",
      "$ windlass secret create db --from-dotenv .env --on aws",
      "$ windlass secret create db --update PASSWORD=x",
    ].join("\n  "),
    load: () => import("../commands/secret.ts"),
  },
  {
    name: "volume",
    operands: "<create|list|ls|get|put|cp|rm|rename|delete> [name] [arguments...]",
    description: "look into volumes, copy files to and from them, make and remove them",
    options: [
      ["-r, --recursive", "with ls, cp and rm: folders with all that is in them"],
      ["-f, --force", "with put and get: replace files"],
      ALLOW_MISSING,
      ...PLACE_OPTIONS,
    ],
    examples: [
      "$ windlass volume put models ./weights /v1 --on aws   what is in a folder, to a folder",
      "$ windlass volume get models v1/a.bin -               to standard output",
      "$ windlass volume ls models -r --json                 one line a file",
    ].join("\n  "),
    load: () => import("../commands/volume.ts"),
  },
];
