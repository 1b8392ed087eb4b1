import type { Command } from "commander";
import { APP_COMMAND } from "./app/app-commands.ts";
import { CONTAINER_COMMAND } from "./containers/container-commands.ts";
import { FAILED_COMMAND } from "./failed/failed-commands.ts";
import { RUN_OPTIONS } from "./run-options.ts";
import { SERVE_OPTIONS } from "./serve/serve-options.ts";
import { PLACE_OPTIONS, STORAGE_COMMANDS } from "./storage/commands.ts";

/** A command's parsed operands and options. */
export interface Invocation {
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a command's module exports. */
interface CommandModule {
  /** Runs the command and resolves to the exit code. */
  run(invocation: Invocation): Promise<number>;
}

export interface CommandEntry {
  readonly name: string;
  readonly operands: string;
  readonly description: string;
  /** One with `collect` may be given several times. */
  readonly options: readonly (readonly [
    flags: string,
    description: string,
    collect?: (value: string, before: readonly string[]) => readonly string[],
  ])[];
  /** Everything after the first operand belongs to the app. */
  readonly passesThrough?: true;
  readonly examples: string;
  readonly load: () => Promise<CommandModule>;
}

const DOMAIN_OPTIONS = [
  ["--domain <name>", "endpoints are below it (default: CloudFront's own, with HTTPS)"],
  ["--certificate-arn <arn>", "of ACM, for all names below the domain: HTTPS"],
  ["--hosted-zone <id>", "of Route 53, which gets a record for the domain"],
] as const;
const JSON_OPTION = ["--json", "print machine-readable JSON"] as const;
const DEBUG_OPTION = ["--debug", "show stack traces of Windlass too"] as const;
const QUIET_OPTION = ["--quiet", "no progress and no notices"] as const;
const ENVIRONMENT_OPTION = [
  "--environment <name>",
  'the environment (default: WINDLASS_ENVIRONMENT, else "default")',
] as const;
const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** All commands. A command's module is loaded when it runs. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: "run",
    operands: "<file[::name]> [arguments...]",
    description: "run an entrypoint or a function of an app on this machine",
    options: RUN_OPTIONS,
    passesThrough: true,
    examples: [
      "$ windlass run app.ts                        the only entrypoint, or the only function",
      "$ windlass run app.ts::main --n 3            an entrypoint, with its arguments as flags",
      "$ windlass run app.ts::resize photo.png 200  a function; arguments are JSON or text",
      "$ windlass run app.ts::Llm.generate hello    a method of a class",
      "$ windlass run app.ts::main --help           the arguments of an entrypoint",
    ].join("\n  "),
    load: () => import("./commands/run.ts"),
  },
  {
    name: "serve",
    operands: "<file>",
    description: "serve the endpoints of an app on this machine, and reload it when it is saved",
    options: SERVE_OPTIONS,
    examples: [
      "$ windlass serve app.ts              each endpoint on a port of its own, from 8000 on",
      "$ windlass serve app.ts --port 3000  from 3000 on",
      "$ windlass serve app.ts --json       URLs as JSON, for programs",
    ].join("\n  "),
    load: () => import("./commands/serve.ts"),
  },
  {
    name: "curl",
    operands: "<url|name[/path]> [arguments...]",
    description: "send a request by curl, with the token in WINDLASS_TOKEN",
    options: [DEBUG_OPTION],
    passesThrough: true,
    examples: [
      "$ windlass curl hello?name=Ada           a function that `windlass serve` serves",
      "$ windlass curl https://… -X POST --json '{}'   what follows is for curl",
    ].join("\n  "),
    load: () => import("./commands/curl.ts"),
  },
  {
    name: "token",
    operands: "<create|list|delete> [name|id]",
    description: 'make, list and remove tokens for endpoints with `auth: "bearer"`',
    options: [["--allow-missing", "with delete: it need not be there"], ...PLACE_OPTIONS],
    examples: [
      "$ windlass token create ci            prints it, once",
      "$ windlass token create ci --on aws   for apps of an environment",
      "$ windlass token delete 1f2e3d4c",
    ].join("\n  "),
    load: () => import("./commands/token.ts"),
  },
  {
    name: "spec",
    operands: "<file>",
    description: "print the AppSpec: everything that an app defines, resolved",
    options: [JSON_OPTION, DEBUG_OPTION],
    examples: "$ windlass spec app.ts > app.json",
    load: () => import("./commands/spec.ts"),
  },
  {
    name: "types",
    operands: "<file>",
    description: "write types of an app's Python functions, from their annotations",
    options: [
      ["--check", "write nothing, and fail where what was written is no longer so"],
      JSON_OPTION,
      DEBUG_OPTION,
      QUIET_OPTION,
    ],
    examples: [
      "$ windlass types app.ts           writes app.python.d.ts, beside it",
      "$ windlass types app.ts --check   for continuous integration",
    ].join("\n  "),
    load: () => import("./commands/types.ts"),
  },
  {
    name: "client",
    operands: "<file>",
    description:
      "write a package to call an app from other programs: its names and types, none of its code",
    options: [
      ["--out <folder>", "where to write it (default: <app>-client)"],
      ["--name <package>", "the name of the package (default: <app>-client)"],
      ["--check", "write nothing, and fail where what was written is no longer so"],
      JSON_OPTION,
      DEBUG_OPTION,
      QUIET_OPTION,
    ],
    examples: [
      "$ windlass client app.ts --out packages/media --name @acme/media",
      "$ windlass client app.ts --out packages/media --check   for continuous integration",
    ].join("\n  "),
    load: () => import("./commands/client.ts"),
  },
  {
    name: "bootstrap",
    operands: "",
    description: "prepare an AWS account and region, or upgrade what was prepared",
    options: [
      ENVIRONMENT_OPTION,
      ["--max-hourly-usd <usd>", "the dearest host that it buys (default: as it is, at first 10)"],
      [
        "--max-hosts <n>",
        "hosts at a time, or `none` for no limit (default: as it is, at first none)",
      ],
      [
        "--max-total-hourly-usd <usd>",
        "what all hosts cost together, or `none` (default: as it is)",
      ],
      JSON_OPTION,
      QUIET_OPTION,
      DEBUG_OPTION,
    ],
    examples: [
      "$ windlass bootstrap                        the CDK, service-linked roles, the environment",
      "$ windlass bootstrap --environment staging  one more environment",
    ].join("\n  "),
    load: () => import("./commands/bootstrap.ts"),
  },
  {
    name: "doctor",
    operands: "[file]",
    description: "look for what stands between this machine, the account and an app on AWS",
    options: [ENVIRONMENT_OPTION, JSON_OPTION, DEBUG_OPTION],
    examples: [
      "$ windlass doctor          credentials, the environment, roles, quotas, Docker, Python",
      "$ windlass doctor app.ts   the hosts of the app's functions as well",
    ].join("\n  "),
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "plan",
    operands: "<file>",
    description: "tell what a deployment would make, change and cost, and change nothing",
    options: [
      ENVIRONMENT_OPTION,
      ["--offline", "without AWS: nothing is compared with what is deployed"],
      ["--seconds-per-call <n>", "what a call is taken to last, for prices (default: 1)"],
      [
        "--fail-over <usd>",
        "exit 1 above `100USD` a month at rest, or above `2.50USD/h` for a host",
        collect,
      ],
      ["--name <name>", "deploy it under another name than its own"],
      ["--shards <n>", "nested stacks for the queues of more than 390 functions"],
      ["--image <hash=uri>", "a built image, by (the start of) its hash in the spec", collect],
      [
        "--build <builder>",
        "who builds images: docker or codebuild (default: WINDLASS_BUILD, else docker where it can)",
      ],
      ...DOMAIN_OPTIONS,
      JSON_OPTION,
      QUIET_OPTION,
      DEBUG_OPTION,
    ],
    examples: [
      "$ windlass plan app.ts                                settings, changes, access, cost, quotas",
      "$ windlass plan app.ts --fail-over 100USD             for continuous integration",
      "$ windlass plan app.ts --offline --seconds-per-call 30",
    ].join("\n  "),
    load: () => import("./commands/plan.ts"),
  },
  {
    name: "deploy",
    operands: "<file>",
    description: "deploy an app to AWS",
    options: [
      ENVIRONMENT_OPTION,
      ["--name <name>", "deploy it under another name than its own"],
      ["--shards <n>", "nested stacks for the queues of more than 390 functions"],
      ["--image <hash=uri>", "a built image, by (the start of) its hash in the spec", collect],
      [
        "--build <builder>",
        "who builds images: docker or codebuild (default: WINDLASS_BUILD, else docker where it can)",
      ],
      ["--drop-calls", "open calls of functions that are no more fail"],
      ...DOMAIN_OPTIONS,
      ["--tag <tag>", "what `windlass app history` calls this deployment"],
      [
        "--strategy <strategy>",
        "rolling (default): containers finish what they run; recreate: they are stopped",
      ],
      ["--dry-run", "say what would change, and change nothing"],
      JSON_OPTION,
      QUIET_OPTION,
      DEBUG_OPTION,
    ],
    examples: [
      "$ windlass deploy app.ts                      after a change of code it takes a second",
      "$ windlass deploy app.ts --name app-preview   beside the one of its own name",
    ].join("\n  "),
    load: () => import("./commands/deploy.ts"),
  },
  {
    name: "destroy",
    operands: "[app]",
    description: "remove a deployed app, or with --environment alone an environment without apps",
    options: [
      ENVIRONMENT_OPTION,
      ["--delete-data", "remove what it has stored as well"],
      ["--drop-calls", "open calls of the app fail"],
      JSON_OPTION,
      QUIET_OPTION,
      DEBUG_OPTION,
    ],
    examples: [
      "$ windlass destroy media                              lists the data that stays, and its price",
      "$ windlass destroy media --delete-data                leaves nothing of the app",
      "$ windlass destroy --environment staging --delete-data  leaves nothing of an environment",
    ].join("\n  "),
    load: () => import("./commands/destroy.ts"),
  },
  APP_COMMAND,
  CONTAINER_COMMAND,
  {
    name: "image",
    operands: "<build|inspect|list> [file] [functions...]",
    description: "build images with Docker of this machine, and look at them",
    options: [
      ["--print", "with build: print the Dockerfile of each and build nothing"],
      ["--force", "with build: run every step again"],
      ["--publish <name>", "with build: give the image a name for `Image.fromName`"],
      JSON_OPTION,
      QUIET_OPTION,
      DEBUG_OPTION,
    ],
    examples: [
      "$ windlass image build app.ts             all images of the app that are not there yet",
      "$ windlass image build app.ts resize --publish base",
      "$ windlass image inspect app.ts resize    its layers, and whether it is built",
      "$ windlass image list                     what was built on this machine",
    ].join("\n  "),
    load: () => import("./commands/image.ts"),
  },
  {
    name: "call",
    operands: "<report|graph> [id]",
    description: "tell what became of a spawned call, and of what it has called",
    options: [
      ["--app <name>", "the deployed app that was called (default: the calls of this project)"],
      ["--html <file>", "with report: write a page with a chart"],
      ...PLACE_OPTIONS,
    ],
    examples: [
      "$ windlass call report fc-1m86r9aym94qq391sg2n8ws4h.0 --html report.html",
      "$ windlass call graph fc-1m86r9aym94qq391sg2n8ws4h --app media   of a call on AWS",
    ].join("\n  "),
    load: () => import("./commands/call.ts"),
  },
  FAILED_COMMAND,
  {
    name: "schedule",
    operands: "<list|run|pause|resume> [app] [function]",
    description: "tell when functions run by themselves; pause them, or run them now",
    options: PLACE_OPTIONS,
    examples: [
      "$ windlass schedule list app.ts                   when each runs next, and how it last went",
      "$ windlass schedule pause media nightly --on aws  until it is resumed, whatever is deployed",
      "$ windlass schedule run app.ts nightly            now",
    ].join("\n  "),
    load: () => import("./commands/schedule.ts"),
  },
  ...STORAGE_COMMANDS,
  {
    name: "init",
    operands: "[folder]",
    description: "create a project that runs at once",
    options: [
      ["--windlass <spec>", "version, path or URL of windlass to depend on"],
      JSON_OPTION,
      DEBUG_OPTION,
    ],
    examples: "$ windlass init my-app",
    load: () => import("./commands/init.ts"),
  },
];

/** Adds every command to the program. `onRun` gets the command to run. */
export function addCommands(
  program: Command,
  onRun: (entry: CommandEntry, invocation: Invocation) => void,
): void {
  for (const entry of COMMANDS) {
    const command = program
      .command(`${entry.name} ${entry.operands}`)
      .description(entry.description)
      .passThroughOptions(entry.passesThrough === true)
      .addHelpText("after", `\nExamples:\n  ${entry.examples}`);
    for (const [flags, description, collecting] of entry.options) {
      if (collecting === undefined) command.option(flags, description);
      else command.option(flags, description, collecting, []);
    }
    command.action((...results: unknown[]) => {
      // Commander passes the operands, then the options, then the command.
      const operands = (results.slice(0, -2) as (string | string[] | undefined)[]).flat();
      const given = operands.filter((operand) => operand !== undefined);
      onRun(entry, { operands: given, options: command.opts() });
    });
  }
}
