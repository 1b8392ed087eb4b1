import { InvalidError } from "../lib/errors.ts";
import type { AppSpec, FunctionSpec } from "../lib/spec.ts";
import { suggest } from "./suggest.ts";
import { UsageError } from "./usage-error.ts";

/** What the user asked to run: `file.ts` or `file.ts::name`. */
export interface Reference {
  readonly file: string;
  readonly name: string | undefined;
}

/** Stands for the methods of a Python class, which its containers alone know. */
const ANY_METHOD = "<method>";

/** What to run of an app. */
export type Choice =
  | { readonly kind: "entrypoint"; readonly name: string }
  | { readonly kind: "function"; readonly name: string; readonly method: string | undefined };

/** Splits `file.ts::name`. */
export function parseReference(text: string): Reference {
  const at = text.lastIndexOf("::");
  if (at === -1) return { file: text, name: undefined };
  return { file: text.slice(0, at), name: text.slice(at + 2) };
}

/**
 * Finds what a name stands for: an entrypoint, a function, or `Cls.method`. Without a name it is the only entrypoint,
 * or the only function of an app without entrypoints.
 *
 * @throws UsageError that lists what there is.
 */
export function choose(spec: AppSpec, name: string | undefined): Choice {
  const choices = [...spec.entrypoints.map(toEntrypoint), ...spec.functions.flatMap(toFunctions)];
  if (name === undefined) return chooseOnly(spec, choices);
  const found = choices.find((choice) => labelOf(choice) === name) ?? pythonMethod(spec, name);
  if (found !== undefined) return found;
  const known = choices.map(labelOf);
  const near = suggest(name, known) ?? known.find((label) => label.startsWith(`${name}.`));
  throw new UsageError(
    "WINDLASS_UNKNOWN_NAME",
    `app "${spec.name}" has nothing named "${name}" to run`,
    {
      hint: near === undefined ? undefined : `did you mean \`${near}\`?`,
      problems: listing(choices),
    },
  );
}

/** How the user names a choice. */
export function labelOf(choice: Choice): string {
  const method = choice.kind === "function" ? choice.method : undefined;
  return method === undefined ? choice.name : `${choice.name}.${method}`;
}

function chooseOnly(spec: AppSpec, choices: readonly Choice[]): Choice {
  const entrypoints = choices.filter(({ kind }) => kind === "entrypoint");
  const candidates = entrypoints.length > 0 ? entrypoints : choices;
  const [only] = candidates;
  const isComplete =
    candidates.length > 1 || only?.kind !== "function" || only.method !== ANY_METHOD;
  if (candidates.length === 1 && only !== undefined && isComplete) return only;
  if (only === undefined) {
    throw new InvalidError(
      "WINDLASS_NOTHING_TO_RUN",
      `app "${spec.name}" has no entrypoint and no function`,
      { hint: 'define one with `app.entrypoint("main", async () => { … })`' },
    );
  }
  const kinds = entrypoints.length > 0 ? "entrypoints" : "functions and no entrypoint";
  const what = isComplete ? `several ${kinds}` : "a class and no entrypoint";
  throw new UsageError("WINDLASS_AMBIGUOUS", `app "${spec.name}" has ${what}`, {
    hint: `name one after the file: \`::${labelOf(only)}\``,
    problems: listing(choices),
  });
}

/** A method of a Python class: which methods there are, its containers know. */
function pythonMethod(spec: AppSpec, label: string): Choice | undefined {
  const [name = "", method] = label.split(".");
  const isPython = spec.functions.some(
    (known) => known.name === name && known.kind === "cls" && known.python !== null,
  );
  return isPython && method !== undefined ? { kind: "function", name, method } : undefined;
}

function toEntrypoint({ name }: { readonly name: string }): Choice {
  return { kind: "entrypoint", name };
}

function toFunctions({ kind, name, methods, python }: FunctionSpec): readonly Choice[] {
  if (kind === "cls" && python !== null) return [{ kind: "function", name, method: ANY_METHOD }];
  if (kind === "function") return [{ kind, name, method: undefined }];
  return methods.map((method) => ({ kind: "function", name, method }));
}

function listing(choices: readonly Choice[]): readonly string[] {
  const lines = (["entrypoint", "function"] as const).map((kind) => {
    const labels = choices.filter((choice) => choice.kind === kind).map(labelOf);
    return labels.length === 0 ? "" : `${kind}s: ${labels.join(", ")}`;
  });
  return lines.filter((line) => line !== "");
}
