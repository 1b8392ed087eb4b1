import type { CommandEntry } from "../command-table.ts";

/** What is done with deployed apps. */
export const APP_COMMAND: CommandEntry = {
  name: "app",
  operands: "<list|history|logs|rollback|rollover|stop> [app] [version]",
  description:
    "list deployed apps and their deployments, show logs, go back, replace containers, stop",
  options: [
    ["--environment <name>", 'the environment (default: WINDLASS_ENVIRONMENT, else "default")'],
    [
      "--strategy <strategy>",
      "with rollback and rollover: rolling (default), or recreate, which stops containers",
    ],
    ["--drop-calls", "with rollback: open calls of functions that are no more fail"],
    ["-y, --yes", "with stop: ask nothing"],
    ["-f, --follow", "with logs: go on with what is written from now on"],
    ["-n, --tail <n>", "with logs: the last lines (default: 100, without --since)"],
    ["--since <time>", "with logs: from then on, as in 15m, 2h, 1d or 2026-11-28T22:30:00Z"],
    ["--until <time>", "with logs: before then"],
    ["--function <name>", "with logs: of one function or class"],
    ["--container <id>", "with logs: of one container"],
    ["--source <source>", "with logs: stdout, stderr or system"],
    ["--search <text>", "with logs: lines with this text"],
    ["--timestamps", "with logs: begin lines with their time"],
    ["--json", "print machine-readable JSON"],
    ["--quiet", "no progress and no notices"],
    ["--debug", "show stack traces of Windlass too"],
  ],
  examples: [
    "$ windlass app list                 what is deployed, and how many containers it has",
    "$ windlass app history media        who deployed what, the newest first",
    "$ windlass app logs media -f        what its containers write",
    "$ windlass app rollback media       to the deployment before, as a new one",
    "$ windlass app rollback media v12   to that one",
    "$ windlass app rollover media       new containers of the same code, with secrets as they are now",
    "$ windlass app stop media           ends its containers and open calls, keeps what it has stored",
  ].join("\n  "),
  load: () => import("../commands/app.ts"),
};
