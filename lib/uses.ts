import type { Target } from "./backend.ts";
import { InvalidError } from "./errors.ts";
import type { FunctionSpec, ObjectUseSpec } from "./spec.ts";
import { classOf, isEphemeral } from "./storage/names.ts";

/**
 * Why the containers of a function may not make a call, or undefined where they may. On AWS their role refuses it as
 * well; this says what to do, and says it on every machine. `ownNames` are those of its app: in its module first.
 */
export function refuseCall(
  spec: FunctionSpec,
  { app, name: called }: Pick<Target, "app" | "name">,
  ownNames: readonly string[],
): InvalidError | undefined {
  const { name, uses } = spec;
  const isOwn = ownNames.includes(app);
  // Manifests of before there were any say nothing.
  const allowed = uses ?? [{ app: null, name: null }];
  const isAllowed = allowed.some(
    (use) =>
      (use.app === null ? isOwn : use.app === app) && (use.name === null || use.name === called),
  );
  if (isAllowed || (isOwn && called === name)) return undefined;
  const subject = describe(spec);
  const entry = isOwn ? called : `${app}/${called}`;
  const whose = isOwn ? "" : ` of app "${app}"`;
  const message = `${subject} may not call "${called}"${whose}: it is not in its \`uses\``;
  return new InvalidError("WINDLASS_NOT_IN_USES", message, {
    hint: hintFor(spec, entry, ownNames),
  });
}

function describe({ name, kind }: FunctionSpec): string {
  return `${kind === "cls" ? "class" : "function"} "${name}"`;
}

function hintFor(spec: FunctionSpec, entry: string, ownNames: readonly string[]): string {
  const subject = describe(spec);
  return spec.uses
    ? `add "${entry}" to \`uses\` of ${subject}`
    : `without \`uses\`, ${subject} calls its own app only: write \`uses: ["${ownNames[0]}", "${entry}"]\``;
}

/** Why the containers of a function may not ask what an app has, or undefined where they may call any of it. */
export function refuseApp(
  spec: FunctionSpec,
  app: string,
  ownNames: readonly string[],
): InvalidError | undefined {
  if (ownNames.includes(app) || spec.uses?.some((use) => use.app === app)) return undefined;
  const subject = describe(spec);
  return new InvalidError(
    "WINDLASS_NOT_IN_USES",
    `${subject} may not connect to app "${app}": it is not in its \`uses\``,
    { hint: hintFor(spec, app, ownNames) },
  );
}

/** The same for an object of the environment. One without a name is for all who know its id. */
export function refuseObject(
  { name, kind, uses, objects = [], python }: FunctionSpec,
  used: ObjectUseSpec,
): InvalidError | undefined {
  if (isEphemeral(used.name)) return undefined;
  if (objects.some((one) => one.kind === used.kind && one.name === used.name)) return undefined;
  const subject = `${kind === "cls" ? "class" : "function"} "${name}"`;
  const named = `${classOf(used.kind)}.fromName("${used.name}")`;
  // What a Python file names is not known before it runs.
  const place = python ? "the TypeScript module that defines it" : "its module";
  const hint = uses
    ? `add \`${named}\` to \`uses\` of ${subject}`
    : `write \`const … = ${named}\` at the top level of ${place}, not within functions`;
  const where = uses ? "it is not in its `uses`" : "its module does not name it when it is loaded";
  const message = `${subject} may not use ${used.kind} "${used.name}": ${where}`;
  return new InvalidError("WINDLASS_NOT_IN_USES", message, { hint });
}

/** True for a function that says what it calls: on AWS its containers have a role of their own. */
export function isNarrowed({ uses }: FunctionSpec): boolean {
  return (uses ?? null) !== null;
}
