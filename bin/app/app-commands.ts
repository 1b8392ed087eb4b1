import type { CommandEntry } from "../command-table.ts";
import { LOG_OPTIONS } from "../logs/log-options.ts";

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
    ...LOG_OPTIONS,
    ["--function <name>", "with logs: of one function or class"],
    ["--call <id>", "with logs: of one call, where a container runs one input at a time"],
    ["--container <id>", "with logs: of one container"],
    ["--on <place>", "with logs: local (default, where no environment is named) or aws"],
    ["--json", "print machine-readable JSON"],
    ["--quiet", "no progress and no notices"],
    ["--debug", "show stack traces of Windlass too"],
  ],
  examples: [
    "$ windlass app list                 what is deployed, and how many containers it has",
    "$ windlass app history media        who deployed what, the newest first",
    "$ windlass app logs app.ts -f       what its containers write on this machine",
    "$ windlass app logs media -f --on aws",
    "$ windlass app rollback media       to the deployment before, as a new one",
    "$ windlass app rollback media v12   to that one",
    "$ windlass app rollover media       new containers of the same code, with secrets as they are now",
    "$ windlass app stop media           ends its containers and open calls, keeps what it has stored",
  ].join("\n  "),
  load: () => import("../commands/app.ts"),
};
