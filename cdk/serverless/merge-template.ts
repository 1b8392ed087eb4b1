import { AlreadyExistsError, InvalidError } from "../../lib/errors.ts";
import { showList } from "../../lib/options/show.ts";
import type { Template } from "./serverless.ts";

/** What CloudFormation takes in one stack. */
const MAX_RESOURCES = 500;

/**
 * Adds some sections of our template to the service's.
 *
 * @throws AlreadyExistsError when the service has an entry of a name of ours
 */
export function mergeSections(
  sections: readonly string[],
  ours: Template,
  service: { readonly compiled: Template; readonly own: Template },
): void {
  for (const name of sections) {
    const added = ours[name];
    if (added === undefined) continue;
    const taken = { ...service.compiled[name], ...service.own[name] };
    const both = Object.keys(added).filter((id) => Object.hasOwn(taken, id));
    if (both.length > 0) throw collision(name, both);
    service.compiled[name] = { ...service.compiled[name], ...added };
  }
}

/** @throws InvalidError when the service and its apps are too large for one stack */
export function checkResourceCount(
  stackName: string,
  counts: { readonly all: number; readonly apps: number },
): void {
  const { all, apps } = counts;
  if (all <= MAX_RESOURCES) return;
  throw new InvalidError(
    "WINDLASS_STACK_TOO_LARGE",
    `stack "${stackName}" would have ${all} resources, ${apps} of them of Windlass apps, but CloudFormation takes ${MAX_RESOURCES}`,
    {
      hint: "set `windlass.shards` in serverless.yml before the first deployment: functions go to that many nested stacks; or give the app a service of its own",
    },
  );
}

function collision(section: string, ids: readonly string[]): AlreadyExistsError {
  const names = showList(
    ids.map((id) => `"${id}"`),
    "and",
  );
  return new AlreadyExistsError(
    "WINDLASS_TEMPLATE_COLLISION",
    `the service's template has ${names} in ${section}, a name that Windlass uses too`,
    { hint: "rename it in `resources` of serverless.yml" },
  );
}
