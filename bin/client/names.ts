import { InvalidError } from "../../lib/errors.ts";

// Words that no variable of a module can be called (ECMA-262, 12.7.2), and what each client has.
const TAKEN: ReadonlySet<string> = new Set(
  [
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends",
    "false finally for function if implements import in instanceof interface let new null package private protected",
    "public return static super switch this throw true try typeof var void while with yield clientAt",
  ].flatMap((words) => words.split(" ")),
);

/** What the client calls functions and classes of these names. @throws InvalidError where two would be the same */
export function exportedNames(names: readonly string[]): ReadonlyMap<string, string> {
  const exported = new Map(names.map((name) => [name, toIdentifier(name)]));
  for (const [name, identifier] of exported) {
    const other = names.find((one) => one !== name && exported.get(one) === identifier);
    if (other === undefined) continue;
    throw new InvalidError(
      "WINDLASS_CLIENT_NAMES",
      `"${name}" and "${other}" would both be called \`${identifier}\` in a client`,
      { hint: "rename one of them" },
    );
  }
  return exported;
}

/** `my-function` as `myFunction`. */
function toIdentifier(name: string): string {
  const [first = "", ...rest] = name.split("-").filter((word) => word !== "");
  const joined = first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const whole = /^[A-Za-z_]/.test(joined) ? joined : `_${joined}`;
  return TAKEN.has(whole) ? `${whole}_` : whole;
}

/** The name of the client's package, if nobody gave it one. */
export function packageNameOf(app: string): string {
  return `${app.toLowerCase().replace(/^[._]+/, "")}-client`;
}

/** @throws InvalidError for what npm does not take as the name of a package */
export function checkPackageName(name: string): void {
  if (name.length <= 214 && /^(@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/.test(name)) {
    return;
  }
  throw new InvalidError(
    "WINDLASS_PACKAGE_NAME",
    `the name of a package must be of small letters, digits, "-", "." and "_", with or without a "@scope/", got ${JSON.stringify(name)}`,
    { hint: "for instance `--name @acme/media-client`" },
  );
}
