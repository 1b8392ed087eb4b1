import { AlreadyExistsError, InvalidError, isWindlassError, NotFoundError } from "../errors.ts";
import { showList } from "../options/show.ts";
import { classOf, isEphemeral, toObjectId } from "./names.ts";
import type { ObjectInfo, ObjectKind } from "./stores.ts";

const MAX_NAMES = 10;

/** There is no object of this name; `known` are those that there are. */
export function objectMissing(
  kind: ObjectKind,
  name: string,
  known: readonly string[] | undefined,
): NotFoundError {
  if (isEphemeral(name)) {
    return new NotFoundError(
      "WINDLASS_OBJECT_NOT_FOUND",
      `this ${kind} without a name is no more`,
      { hint: "they end with the block that made them, or after seven days" },
    );
  }
  const others = known?.filter((one) => !isEphemeral(one));
  const how =
    kind === "secret"
      ? `create it with \`windlass secret create ${name} KEY=value\``
      : `create it with \`windlass ${kind} create ${name}\`, or by \`${classOf(kind)}.fromName("${name}", { createIfMissing: true })\``;
  return new NotFoundError(
    "WINDLASS_OBJECT_NOT_FOUND",
    `there is no ${kind} "${name}"${others === undefined ? "" : `; ${describe(others)}`}`,
    { hint: how },
  );
}

function describe(names: readonly string[]): string {
  if (names.length === 0) return "there are none";
  const shown = names.slice(0, MAX_NAMES).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return `there are ${showList(more > 0 ? [...shown, `${more} more`] : shown, "and")}`;
}

export function objectExists(kind: ObjectKind, name: string): AlreadyExistsError {
  return new AlreadyExistsError("WINDLASS_OBJECT_EXISTS", `there is a ${kind} "${name}" already`, {
    hint: `choose another name, or use it with \`${classOf(kind)}.fromName("${name}")\``,
  });
}

/** The name belongs to another object by now. */
export function objectReplaced(info: ObjectInfo, wantedId: string): NotFoundError {
  const { kind, name } = info;
  return new NotFoundError(
    "WINDLASS_OBJECT_REPLACED",
    `${kind} "${name}" is "${toObjectId(info)}" now, and "${toObjectId({ ...info, id: wantedId })}" was deleted`,
    { hint: `use the new one with \`${classOf(kind)}.fromName("${name}")\`` },
  );
}

const KEPT_ELSEWHERE = "WINDLASS_OBJECT_BACKING";

export function isKeptElsewhere(error: unknown): boolean {
  return isWindlassError(error) && error.code === KEPT_ELSEWHERE;
}

/** The object is kept by something else than was asked for: nothing moves what it holds. */
export function objectKeptElsewhere(info: ObjectInfo, wanted: string): InvalidError {
  const { kind, name, backing = "another" } = info;
  return new InvalidError(
    KEPT_ELSEWHERE,
    `${kind} "${name}" has the backing "${backing}", not "${wanted}"`,
    {
      hint: `leave \`backing\` out, or delete it and make it anew: \`windlass ${kind} delete ${name}\``,
    },
  );
}
