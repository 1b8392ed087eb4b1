import type { CommandEntry } from "../command-table.ts";
import { PLACE_OPTIONS } from "../storage/commands.ts";

/** What is done with inputs that failed for good. */
export const FAILED_COMMAND: CommandEntry = {
  name: "failed",
  operands: "<list|show|retry|purge> <app> [id]",
  description: "look at inputs that failed for good, run them again, forget them",
  options: [
    ["--function <name>", "those of one function, class or method"],
    ["--error <class>", "those that failed with errors of this class, or with this code"],
    ["--id <id>", "one input, or all of a call: in-… or fc-…"],
    ["--each", "with list: one line an input, and not a class of errors"],
    ["--limit <n>", "with list: look at this many entries at most (default: 10000)"],
    ["--reveal", "with show: arguments that look like secrets too"],
    ["--input <json>", "with retry --id: another argument than the one that failed"],
    ["--args-json <json>", "with retry --id: other arguments, as a JSON array"],
    ["--dry-run", "with retry and purge: say what would be done, and do nothing"],
    ["-y, --yes", "with purge: ask nothing"],
    ...PLACE_OPTIONS,
  ],
  examples: [
    "$ windlass failed list media --on aws                 how many of which error",
    "$ windlass failed show media in-1m86….0 --on aws      arguments and trace of one",
    "$ windlass failed retry media --error RangeError --on aws",
    "$ windlass failed retry app.ts                        on this machine, by the app's module",
    "$ windlass failed retry media --id in-1m86….0 --input '{\"width\": 1}' --on aws",
    "$ windlass failed purge media --function resize --yes --on aws",
  ].join("\n  "),
  load: () => import("../commands/failed.ts"),
};
