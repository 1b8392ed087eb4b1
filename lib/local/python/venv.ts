import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ContainerStartupError } from "../../errors.ts";
import { sha256 } from "../../sha256.ts";
import type { ImagePython, PythonInstall } from "../../spec.ts";
import { type CommandEnd, lastLines, runCommand } from "./command.ts";
import { findInterpreter } from "./interpreter.ts";

const SHOWN_LINES = 8;

export interface VenvRequest {
  readonly python: ImagePython;
  /** `.windlass` of the project. */
  readonly stateDirectory: string;
  /** Told once, when it has to be built. */
  readonly notice: (text: string) => void;
}

/**
 * The Python of a virtual environment with what an image installs: made once for equal steps, and found again.
 * @throws ContainerStartupError when there is no such Python, or a package cannot be installed
 */
export async function prepareVenv(request: VenvRequest): Promise<string> {
  const { python, stateDirectory, notice } = request;
  const folder = join(stateDirectory, "python", venvHash(python));
  const command = pythonOf(folder);
  if (existsSync(command)) return command;
  notice(`installing ${describe(python)}: once, it is kept in .windlass`);
  // Beside its place: another process may build the same, and the first one wins.
  const temporary = `${folder}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    await build(temporary, python);
    renameInScripts(temporary, folder);
    await moveTo(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return command;
}

/** Of what decides its content: the Python steps of the image, and the system that they run on. */
function venvHash({ version, installs }: ImagePython): string {
  const key = [version, installs, process.platform, process.arch];
  return sha256(JSON.stringify(key)).slice(0, 32);
}

async function build(folder: string, { version, installs }: ImagePython): Promise<void> {
  const uv = await findUv();
  const needsPip = installs.some(({ tool }) => tool === "pip");
  if (uv) await createByUv(folder, version, needsPip);
  else await createByVenv(folder, version);
  for (const install of installs) await runInstall(folder, install, uv);
}

async function findUv(): Promise<boolean> {
  return (await runCommand("uv", ["--version"])).code === 0;
}

/** uv finds a Python of this version, or fetches one. Relocatable, since it is renamed when it is complete. */
async function createByUv(
  folder: string,
  version: string | null,
  needsPip: boolean,
): Promise<void> {
  const wanted = [
    ...(version === null ? [] : ["--python", version]),
    ...(needsPip ? ["--seed"] : []),
  ];
  const end = await runCommand("uv", ["venv", "--quiet", "--relocatable", ...wanted, folder]);
  if (end.code === 0) return;
  // Where it cannot fetch one, a Python of this machine may do.
  await rm(folder, { recursive: true, force: true });
  await createByVenv(folder, version);
}

async function createByVenv(folder: string, version: string | null): Promise<void> {
  const { command } = await findInterpreter(version);
  const end = await runCommand(command, ["-m", "venv", folder]);
  if (end.code !== 0) throw failed(`\`${command} -m venv\``, end);
}

/** Programs of a virtual environment name the folder that it was made in: pip is run as a module. */
async function runInstall(folder: string, install: PythonInstall, uv: boolean): Promise<void> {
  const python = pythonOf(folder);
  const byUv = ["uv", ["pip", "install", "--python", python, ...install.arguments]] as const;
  const byPip = [python, ["-m", "pip", "install", ...PIP_FLAGS, ...toPip(install)]] as const;
  const [command, args] = uv && install.tool === "uv" ? byUv : byPip;
  const end = await runCommand(command, args, { env: withoutPython() });
  if (end.code !== 0) throw failed(`\`${install.tool} install\` of ${packages(install)}`, end);
}

const PIP_FLAGS: readonly string[] = ["--disable-pip-version-check", "--no-input"];

/** Arguments of uv that pip has by another name. */
function toPip({ arguments: args }: PythonInstall): readonly string[] {
  const at = args.indexOf("--prerelease");
  return at < 0 ? args : [...args.slice(0, at), "--pre", ...args.slice(at + 2)];
}

/** Programs that packages installed begin with the path of their Python. */
function renameInScripts(temporary: string, folder: string): void {
  const bin = join(temporary, "bin");
  for (const name of readdirSync(bin)) {
    const file = join(bin, name);
    if (lstatSync(file).isSymbolicLink()) continue;
    const text = readFileSync(file, "latin1");
    if (text.includes(temporary)) writeFileSync(file, text.replaceAll(temporary, folder), "latin1");
  }
}

async function moveTo(temporary: string, folder: string): Promise<void> {
  try {
    await rename(temporary, folder);
  } catch (error) {
    if (!existsSync(pythonOf(folder))) throw error;
  }
}

function pythonOf(folder: string): string {
  return join(folder, "bin", "python");
}

/** Variables of a Python that this process may run under point to other packages. */
function withoutPython(): NodeJS.ProcessEnv {
  const { PYTHONHOME: _, PYTHONPATH: __, VIRTUAL_ENV: ___, ...env } = process.env;
  return env;
}

function describe({ version, installs }: ImagePython): string {
  const names = installs.map(packages).join(", ");
  const python = version === null ? "Python packages" : `Python ${version}`;
  return names === "" ? python : `${names} for ${version === null ? "Python" : python}`;
}

function packages({ arguments: args }: PythonInstall): string {
  return args
    .filter((arg, at) => !arg.startsWith("-") && !args[at - 1]?.startsWith("--"))
    .join(" ");
}

function failed(what: string, { code, output }: CommandEnd): ContainerStartupError {
  const how = code === null ? "could not be started" : `ended with code ${code}`;
  return new ContainerStartupError(
    "WINDLASS_PYTHON_INSTALL",
    `${what} ${how}; the last it wrote:\n${lastLines(output, SHOWN_LINES)}`,
    {
      hint: "correct the packages of the image; `--no-venv` takes the Python and the packages that are here",
    },
  );
}
