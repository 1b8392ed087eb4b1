import { scheduleText } from "./schedules/text.ts";
import type { FunctionSpec } from "./spec.ts";

/** One difference between what is deployed and what is to be. */
export interface SpecChange {
  readonly kind: "added" | "removed" | "changed";
  /** For instance `function resize`, or `schedule of function nightly`. */
  readonly subject: string;
  /** The option that has changed, with the path to what differs in it. */
  readonly field?: string;
  /** As people read it; values of environment variables are not among it. */
  readonly before?: string;
  readonly after?: string;
}

/** What is told of a function by its name already. */
const TOLD: ReadonlySet<string> = new Set(["name", "kind", "schedule"]);
/** So much of a hash tells images apart. */
const HASH_CHARS = 12;
/** Names of so many functions are shown for one change. */
const SHOWN = 6;

/** What differs between the functions and classes of two specs; manifests of before may lack options. */
export function diffFunctions(
  before: readonly FunctionSpec[],
  after: readonly FunctionSpec[],
): SpecChange[] {
  const [old, next] = [before, after].map((all) => new Map(all.map((one) => [one.name, one])));
  return [...new Set([...(next?.keys() ?? []), ...(old?.keys() ?? [])])].flatMap((name) =>
    diffOne(old?.get(name), next?.get(name)),
  );
}

/** `~ function resize: memoryMiB 1024 → 2048`; what several functions have in common is one line. */
export function changeLines(changes: readonly SpecChange[]): string[] {
  const lines: string[] = [];
  const changed = new Map<string, string[]>();
  for (const { kind, subject, field, before, after } of changes) {
    if (kind === "added") lines.push(`+ ${subject}${after === undefined ? "" : `: ${after}`}`);
    else if (kind === "removed") lines.push(`- ${subject}`);
    else {
      const what = `${field} ${before} → ${after}`;
      changed.set(what, [...(changed.get(what) ?? []), subject]);
    }
  }
  return [...lines, ...[...changed].map(([what, subjects]) => `~ ${together(subjects)}: ${what}`)];
}

function together(subjects: readonly string[]): string {
  const [only = "", ...others] = subjects;
  if (others.length === 0) return only;
  const names = subjects.map((subject) => subject.slice(subject.indexOf(" ") + 1));
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function diffOne(before: FunctionSpec | undefined, after: FunctionSpec | undefined): SpecChange[] {
  const known = after ?? before;
  if (known === undefined) return [];
  const subject = `${known.kind === "cls" ? "class" : "function"} ${known.name}`;
  const schedules = diffSchedule(subject, before, after);
  if (before === undefined) return [{ kind: "added", subject }, ...schedules];
  if (after === undefined) return [{ kind: "removed", subject }, ...schedules];
  const [old, next] = [before, after].map(fieldsOf);
  const fields = new Set([...(next?.keys() ?? []), ...(old?.keys() ?? [])]);
  const changed = [...fields].flatMap((field): SpecChange[] => {
    const [was, is] = [old?.get(field), next?.get(field)];
    if (was === is) return [];
    return [{ kind: "changed", subject, field, ...shown(field, was, is) }];
  });
  return [...changed, ...schedules];
}

/** People put into variables what belongs into secrets. */
function shown(field: string, was: string | undefined, is: string | undefined) {
  if (!field.startsWith("env.")) return { before: was ?? "none", after: is ?? "none" };
  const after = was === undefined ? "set" : "another value";
  return { before: was === undefined ? "none" : "set", after: is === undefined ? "none" : after };
}

function diffSchedule(
  of: string,
  before: FunctionSpec | undefined,
  after: FunctionSpec | undefined,
): SpecChange[] {
  const subject = `schedule of ${of}`;
  const [was, is] = [textOf(before), textOf(after)];
  if (was === is) return [];
  if (was === undefined) return [{ kind: "added", subject, after: is ?? "" }];
  if (is === undefined) return [{ kind: "removed", subject }];
  return [{ kind: "changed", subject, field: "from", before: was, after: is }];
}

function textOf(spec: FunctionSpec | undefined): string | undefined {
  const schedule = spec?.schedule ?? undefined;
  if (schedule === undefined) return undefined;
  // Specs of before there were any say nothing of them.
  const { overlap = "skip", onFailure = null } = schedule;
  const parts = [
    scheduleText(schedule),
    ...(overlap === "skip" ? [] : [`overlap ${overlap}`]),
    // Paths of webhooks are often their secret.
    ...(onFailure?.kind === "webhook" ? [`failures to ${new URL(onFailure.url).host}`] : []),
    ...(onFailure?.kind === "sns" ? [`failures to ${onFailure.topicArn}`] : []),
  ];
  return parts.join(", ");
}

/** Options with what they say; those that say nothing are left out. */
function fieldsOf(spec: FunctionSpec): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(spec)) {
    if (!TOLD.has(name)) addField(fields, name, value);
  }
  return fields;
}

function addField(fields: Map<string, string>, path: string, value: unknown): void {
  if (value === null || value === undefined || value === false) return;
  if (Array.isArray(value)) {
    if (value.length > 0) fields.set(path, value.map(itemText).join(", "));
    return;
  }
  if (typeof value !== "object") {
    fields.set(path, path === "image" ? String(value).slice(0, HASH_CHARS) : String(value));
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (path === "env") fields.set(`env.${key}`, String(inner));
    else addField(fields, key === "request" ? path : `${path}.${key}`, inner);
  }
}

function itemText(item: unknown): string {
  if (typeof item !== "object" || item === null) return String(item);
  const { path, kind, name, bucketName, app, ...rest } = item as Readonly<Record<string, unknown>>;
  const what = [path, kind, app, name ?? bucketName].filter((part) => typeof part === "string");
  const more = Object.entries(rest).filter(
    ([, value]) => value !== null && value !== false && value !== "" && !isEmpty(value),
  );
  const text = what.join(" ") || "all of it";
  return more.length === 0 ? text : `${text} ${JSON.stringify(Object.fromEntries(more))}`;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
