import type { CommandEntry } from "../command-table.ts";
import { LOG_OPTIONS } from "../logs/log-options.ts";
import { PLACE_OPTIONS } from "../storage/commands.ts";

/** What is done with containers that run. */
export const CONTAINER_COMMAND: CommandEntry = {
  name: "container",
  operands: "<list|logs|stop> [app|id]",
  description: "list containers that run, show what one writes, stop one",
  options: [
    ["--function <name>", "with list: of one function or class"],
    ["-y, --yes", "with stop: ask nothing"],
    ...LOG_OPTIONS,
    ...PLACE_OPTIONS,
  ],
  examples: [
    "$ windlass container list                      of what runs in this project",
    "$ windlass container list media --on aws       of one app, or of all without a name",
    "$ windlass container logs ct-1m86…  -f --on aws",
    "$ windlass container stop ct-1m86…  --on aws   what it runs is run again by another",
  ].join("\n  "),
  load: () => import("../commands/container.ts"),
};
