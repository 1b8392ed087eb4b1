import { types } from "node:util";
import { SerializationError } from "../errors.ts";
import { MAX_DEPTH } from "./page.ts";

/** One step into a value: a field, an index, or a description of what has neither, `<key 2>`. */
export type Step = string | number | { readonly text: string };

/** Where in a page an encoder is. */
export interface Place {
  readonly root: (index: number) => string;
  /** Steps from the page to the value in hand; the first is its index in the page. */
  readonly path: Step[];
  /** The objects around the value in hand, outermost first. */
  readonly ancestors: object[];
}

const SHOWN_STEPS = 12;

/** The words for a place, such as `args[0].items[3].fn`. */
function describePlace({ root, path }: Place): string {
  const [index, ...steps] = path;
  const shown =
    steps.length > SHOWN_STEPS ? [...steps.slice(0, SHOWN_STEPS), { text: "…" }] : steps;
  return root(Number(index)) + shown.map(describeStep).join("");
}

function describeStep(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "object") return step.text;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step)
    ? `.${step}`
    : `[${JSON.stringify(step)}]`;
}

export function refuseFunction(place: Place): SerializationError {
  return refuse(
    "WINDLASS_VALUE_FUNCTION",
    `${subject(place)} is a function, and only data can be sent`,
    {
      hint: "send the data that the function needs, and define the function in the module that runs remotely",
    },
  );
}

export function refuseSymbol(place: Place): SerializationError {
  return refuse(
    "WINDLASS_VALUE_SYMBOL",
    `${subject(place)} is a symbol, and only data can be sent`,
    {
      hint: "send a string instead",
    },
  );
}

export function refuseCycle(place: Place, ancestor: number): SerializationError {
  const origin = describePlace({ ...place, path: place.path.slice(0, ancestor + 1) });
  return refuse(
    "WINDLASS_VALUE_CYCLE",
    `${subject(place)} refers back to \`${origin}\`, and a value that contains itself cannot be sent`,
    { hint: "send ids instead of references" },
  );
}

export function refuseDepth(place: Place): SerializationError {
  return refuse(
    "WINDLASS_VALUE_TOO_DEEP",
    `${subject(place)} is nested more than ${MAX_DEPTH} levels deep`,
    { hint: "send a flat list of nodes that refer to each other by id" },
  );
}

export function refuseUnreadable(place: Place, cause: unknown): SerializationError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return refuse("WINDLASS_VALUE_UNREADABLE", `${subject(place)} cannot be read (${reason})`, {
    hint: "send a plain copy of the data",
    cause,
  });
}

/** For a value of a type that is not data. */
export function refuseObject(place: Place, value: object): SerializationError {
  if (types.isPromise(value)) {
    return refuse(
      "WINDLASS_VALUE_PROMISE",
      `${subject(place)} is a promise, and only data can be sent`,
      {
        hint: "await it first",
      },
    );
  }
  return refuse(
    "WINDLASS_VALUE_CLASS_INSTANCE",
    `${subject(place)} is an instance of ${className(value)}, and only plain objects and the standard data types can be sent`,
    { hint: "send a plain object with the data of the instance, for example `{ ...instance }`" },
  );
}

export function refuseSharedMemory(place: Place): SerializationError {
  return refuse(
    "WINDLASS_VALUE_SHARED_MEMORY",
    `${subject(place)} is shared memory, which cannot be shared with another process`,
    { hint: "send a copy, for example `bytes.slice()`" },
  );
}

export function refuseSize(place: Place, cause: unknown): SerializationError {
  return refuse(
    "WINDLASS_VALUE_TOO_LARGE",
    `${subject(place)} and the values sent with it are longer as text than a string can be`,
    { hint: "send large data as a Uint8Array, or in several calls", cause },
  );
}

function refuse(
  code: string,
  message: string,
  options: { readonly hint: string; readonly cause?: unknown },
): SerializationError {
  return new SerializationError(code, message, options);
}

function subject(place: Place): string {
  return `\`${describePlace(place)}\``;
}

function className(value: object): string {
  const { constructor: made } = value as { readonly constructor?: unknown };
  return typeof made === "function" && made.name !== "" ? `class ${made.name}` : "an unnamed class";
}
