import type { App } from "../app.ts";
import type { Definition } from "../definition.ts";
import type { UseSpec } from "../spec.ts";
import { usedObject } from "../storage/stored-object.ts";
import { distance, toPlain } from "./distance.ts";
import { show, showList } from "./show.ts";
import type { Violation } from "./violation.ts";

const ENTRY = /^[A-Za-z0-9._-]{1,64}(\/[A-Za-z0-9_-]{1,64})?$/;
const HINT =
  'write names of functions and classes ("resize"), of other apps ("media"), or both ("media/resize"), and dicts, queues, secrets and volumes themselves';

/** What is wrong with `uses` by itself; which functions there are is known later. */
export function checkUses(value: unknown, subject: string): Violation[] {
  const code = "WINDLASS_INVALID_USES";
  if (!Array.isArray(value)) {
    return [
      { code, message: `${subject} must be an array of names, got ${show(value)}`, hint: HINT },
    ];
  }
  return value
    .filter((entry) => !isEntry(entry))
    .map((entry) => {
      return { code, message: `${subject} must hold names, got ${show(entry)}`, hint: HINT };
    });
}

function isEntry(entry: unknown): boolean {
  return typeof entry === "string" ? ENTRY.test(entry) : usedObject(entry) !== undefined;
}

/** What a name means: first a function or class of the app itself. */
export function toUse(entry: string, app: App): UseSpec {
  const [first = "", name = null] = entry.split("/");
  if (name === null && app.definitions.has(first)) return { app: null, name: first };
  return { app: first === app.name ? null : first, name };
}

/** What is wrong with the `uses` of a function, now that all functions of its app are known. */
export function checkKnownUses(definition: Definition, app: App): Violation[] {
  const { name, options, kind } = definition;
  const { uses = [] } = options;
  const subject = `\`uses\` of ${kind === "cls" ? "class" : "function"} ${show(name)}`;
  return uses
    .filter((entry) => typeof entry === "string")
    .flatMap((entry) => checkKnownUse(toUse(entry, app), app, subject));
}

function checkKnownUse({ app: other, name }: UseSpec, app: App, subject: string): Violation[] {
  const code = "WINDLASS_UNKNOWN_USE";
  const known = [...app.definitions.keys()];
  if (other === null) {
    if (name === null || app.definitions.has(name)) return [];
    const message = `${show(name)} in ${subject} is no function or class of app ${show(app.name)}`;
    return [{ code, message, hint: hintFor(name, known) }];
  }
  // Another app may have any name; one like that of a function here is more likely a mistake.
  const close = name === null ? near(other, known) : undefined;
  if (close === undefined) return [];
  const message = `${show(other)} in ${subject} is no function or class of app ${show(app.name)}`;
  const hint = `did you mean "${close}"? Of an app ${show(other)} name the functions, as "${other}/${close}"`;
  return [{ code, message, hint }];
}

function hintFor(name: string, known: readonly string[]): string {
  const close = near(name, known);
  if (close !== undefined) return `did you mean "${close}"?`;
  return `it has ${showList(known.map((one) => `"${one}"`))}`;
}

/** Short names are like each other by chance. */
function near(name: string, known: readonly string[]): string | undefined {
  const limit = Math.min(2, Math.floor(name.length * 0.4));
  return known.find((one) => distance(toPlain(one), toPlain(name)) <= limit);
}
