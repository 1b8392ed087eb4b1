import { throwViolations } from "../options/violation.ts";
import { beginWith, type RegistryLogin, type RegistryOptions, unknownBase } from "./base.ts";
import { toBuildSecrets } from "./build-secrets.ts";
import { Chain, type Method } from "./chain.ts";
import { checkRegistry, checkTag } from "./checks.ts";
import { dockerfileStep, readDockerfile } from "./dockerfile-steps.ts";
import type { FromDockerfileOptions } from "./image-options.ts";
import { type PlacedPath, resolvePath } from "./placed-path.ts";
import { addPythonStep } from "./runtime-steps.ts";
import { nodeStep } from "./steps.ts";

/** An image of a registry as a base. @throws InvalidError naming every mistake */
export function ofRegistry(
  tag: string,
  options: RegistryOptions,
  { kind, method }: Pick<RegistryLogin, "kind"> & { readonly method: Method },
): Chain {
  const subject = `${method.name}()`;
  const found = [...checkTag(tag, subject), ...checkRegistry(options, subject)];
  throwViolations(subject, found, method);
  const { secret, addPython, setupDockerfileCommands = [], forceBuild } = options;
  const login = secret === undefined && kind === "basic" ? undefined : { kind, secret };
  const base = { ...unknownBase(beginWith(tag), options), login, isForced: forceBuild };
  const chain = withSetup(new Chain(base), setupDockerfileCommands, method);
  return addPython === undefined ? chain : withPython(chain, addPython, method);
}

/** A Dockerfile as a base. */
export function ofDockerfile(
  file: PlacedPath,
  options: FromDockerfileOptions,
  method: Method,
): Chain {
  const { contextDir, ignore, buildArgs = {}, env, forceBuild, addPython } = options;
  const secrets = toBuildSecrets(options.secrets);
  const subject = "fromDockerfile()";
  const given = { contextDir, ignore, buildArgs, env, secrets, subject, isForced: forceBuild };
  const inline = secrets.filter(({ name }) => name === undefined).length;
  const chain = new Chain(
    unknownBase(() => readDockerfile(file, given), options),
    inline,
  );
  return addPython === undefined ? chain : withPython(chain, addPython, method);
}

/** Node and npm of their official image. */
export function withNode(chain: Chain, version: string, method: Method): Chain {
  return chain.add(({ base }) => nodeStep(version, base), { method, change: { hasNode: true } });
}

function withPython(chain: Chain, version: string, method: Method): Chain {
  const step = addPythonStep(version);
  return chain.add(() => step, { method, change: { python: version } });
}

function withSetup(chain: Chain, commands: readonly string[], method: Method): Chain {
  if (commands.length === 0) return chain;
  const folder = resolvePath({ path: ".", place: undefined });
  const context = { folder, ignore: undefined, buildArgs: {}, subject: `${method.name}()` };
  return chain.add(() => dockerfileStep(commands, context), { method, readsFiles: true });
}
