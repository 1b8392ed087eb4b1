import type { ConnectOptions } from "../../lib/client/connect-options.ts";
import type { ObjectManager } from "../../lib/storage/manage-objects.ts";
import type { NamedObjectInfo } from "../../lib/storage/named-object.ts";
import type { Invocation } from "../command-table.ts";
import { toAwsOptions } from "../deploy/deploy-options.ts";
import { EXIT } from "../report.ts";
import { suggest } from "../suggest.ts";
import { UsageError } from "../usage-error.ts";

type Parsed = Readonly<Record<string, unknown>>;

/** What an action is given. */
export interface ActionContext {
  readonly name: string;
  /** Operands after the name. */
  readonly rest: readonly string[];
  readonly connect: ConnectOptions;
  readonly json: boolean;
  readonly options: Parsed;
}

/** One word after `windlass dict`. */
interface Action {
  /** As usage shows it, for instance `<name> <key>`. */
  readonly operands: string;
  run(context: ActionContext): Promise<void>;
}

export type Actions = Readonly<Record<string, Action>>;

/** Runs the action that the first operand names. @throws UsageError for another, and for missing or extra operands */
export async function runAction(
  command: string,
  actions: Actions,
  { operands: [word = "", ...operands], options }: Invocation,
): Promise<number> {
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
  if (action === undefined) throw unknownAction(command, word, Object.keys(actions));
  checkOperands(`${command} ${word}`, action.operands, operands);
  const [name = "", ...rest] = operands;
  const { json } = toAwsOptions(options);
  await action.run({ name, rest, connect: toPlace(options), json, options });
  return EXIT.success;
}

/** Where objects are: on this machine, or in an environment of AWS. @throws UsageError for another place */
function toPlace(options: Parsed): ConnectOptions {
  const { environment, namesEnvironment } = toAwsOptions(options);
  const place = options["on"] ?? (namesEnvironment ? "aws" : process.env["WINDLASS_BACKEND"]);
  if (place === "aws") return { environment };
  if (place !== undefined && place !== "local") {
    throw new UsageError("WINDLASS_PLACE", `\`--on\` must be local or aws, got "${place}"`, {
      hint: "write `--on aws`, or leave it out for this machine",
    });
  }
  // What handles look at that nothing else tells where objects are.
  process.env["WINDLASS_BACKEND"] = "local";
  return {};
}

function checkOperands(command: string, expected: string, given: readonly string[]): void {
  const words = expected.split(" ").filter((word) => word !== "");
  const least = words.filter((word) => word.startsWith("<")).length;
  const most = expected.includes("...") ? Number.POSITIVE_INFINITY : words.length;
  if (given.length >= least && given.length <= most) return;
  throw new UsageError(
    "WINDLASS_USAGE",
    `\`windlass ${command}\` takes ${expected === "" ? "no operands" : expected}, got ${given.length}`,
    { hint: `write \`windlass ${command} ${expected}\`` },
  );
}

function unknownAction(command: string, word: string, known: readonly string[]): UsageError {
  const close = suggest(word, known);
  return new UsageError(
    "WINDLASS_UNKNOWN_ACTION",
    `\`windlass ${command}\` does ${known.join(", ")}, got "${word}"`,
    { hint: close === undefined ? "write one of them" : `did you mean \`${close}\`?` },
  );
}

/** `create`, `list` and `delete` of objects of one kind. */
export function objectActions(kind: string, manager: ObjectManager): Actions {
  return {
    create: {
      operands: "<name>",
      run: ({ name, connect }) => manager.create(name, connect),
    },
    ...listAndDelete(kind, manager),
  };
}

/** `list` and `delete`, which all kinds have. */
export function listAndDelete(
  kind: string,
  manager: Pick<ObjectManager, "list" | "delete">,
): Actions {
  return {
    list: {
      operands: "",
      run: async ({ connect, json }) => printObjects(kind, await manager.list(connect), json),
    },
    delete: {
      operands: "<name>",
      run: ({ name, connect, options }) =>
        manager.delete(name, { ...connect, allowMissing: options["allowMissing"] === true }),
    },
  };
}

function printObjects(kind: string, objects: readonly NamedObjectInfo[], json: boolean): void {
  printLine(json ? JSON.stringify(objects) : toLines(kind, objects));
}

function toLines(kind: string, objects: readonly NamedObjectInfo[]): string {
  if (objects.length === 0) return `there is no ${kind}`;
  const width = Math.max(...objects.map(({ name }) => name.length));
  return objects
    .map(({ name, createdAt, backing }) => {
      const line = `${name.padEnd(width)}  ${createdAt.toISOString()}`;
      return backing === undefined ? line : `${line}  ${backing}`;
    })
    .join("\n");
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A value as it is given on a command line: JSON, or else text. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
