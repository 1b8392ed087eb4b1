import { ContainerStartupError } from "../../errors.ts";
import { runCommand } from "./command.ts";

/** The oldest Python that the runner works with. */
const OLDEST: readonly [number, number] = [3, 9];
const PRINT_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])";

/** A Python that is there. */
export interface Interpreter {
  readonly command: string;
  /** For instance `3.11.7`. */
  readonly version: string;
}

/** Names under which a Python of a version may be found. */
function candidates(version: string | null): readonly string[] {
  const own = process.env["WINDLASS_PYTHON"];
  const [major, minor] = (version ?? "").split(".");
  return [
    ...(own === undefined ? [] : [own]),
    ...(minor === undefined ? [] : [`python${major}.${minor}`]),
    "python3",
    "python",
  ];
}

/**
 * A Python of this machine: of the version `3.12` or `3.12.4`, or any if it is `null`.
 * @throws ContainerStartupError when there is none, or another
 */
export async function findInterpreter(version: string | null): Promise<Interpreter> {
  let found: Interpreter | undefined;
  for (const command of candidates(version)) {
    const interpreter = await probe(command);
    if (interpreter === undefined) continue;
    found ??= interpreter;
    if (version === null || isVersion(interpreter.version, version)) return checkAge(interpreter);
  }
  if (found === undefined) throw missing();
  throw wrongVersion(found, version ?? "");
}

/** True for `3.12.4` and `3.12`. */
function isVersion(actual: string, wanted: string): boolean {
  return actual === wanted || actual.startsWith(`${wanted}.`);
}

async function probe(command: string): Promise<Interpreter | undefined> {
  const { code, output } = await runCommand(command, ["-c", PRINT_VERSION]);
  const version = /^\d+\.\d+\.\d+$/m.exec(output)?.[0];
  return code === 0 && version !== undefined ? { command, version } : undefined;
}

function checkAge(interpreter: Interpreter): Interpreter {
  const [major = 0, minor = 0] = interpreter.version.split(".").map(Number);
  if (major === OLDEST[0] && minor >= OLDEST[1]) return interpreter;
  throw new ContainerStartupError(
    "WINDLASS_PYTHON_TOO_OLD",
    `\`${interpreter.command}\` is Python ${interpreter.version}, and functions need ${OLDEST.join(".")} or newer`,
    { hint: "install a newer Python, or name one by the variable WINDLASS_PYTHON" },
  );
}

function missing(): ContainerStartupError {
  return new ContainerStartupError(
    "WINDLASS_PYTHON_MISSING",
    "there is no Python on this machine: neither `python3` nor `python` answers",
    { hint: "install Python 3.9 or newer, or name one by the variable WINDLASS_PYTHON" },
  );
}

function wrongVersion({ command, version }: Interpreter, wanted: string): ContainerStartupError {
  return new ContainerStartupError(
    "WINDLASS_PYTHON_VERSION",
    `the image asks for Python ${wanted}, and this machine has ${version} (\`${command}\`)`,
    {
      hint: `install uv, which fetches Python ${wanted}, or Python ${wanted} itself; \`--no-venv\` takes what is here`,
    },
  );
}
