import { callPlace } from "../call-site.ts";
import { throwViolations } from "../options/violation.ts";
import { parsePythonName } from "../python/handler-name.ts";
import type { Architecture, ImagePython } from "../spec.ts";
import {
  type Base,
  type BaseOptions,
  type DebianSlimOptions,
  debianSlimBase,
  type MicromambaOptions,
  micromambaBase,
  type RegistryOptions,
  unknownBase,
} from "./base.ts";
import { ofDockerfile, ofRegistry, withNode } from "./bases.ts";
import { IMAGE_BRAND } from "./brand.ts";
import { functionStep, knowBuildFunction, pythonFunctionStep } from "./build-functions.ts";
import { type Before, Chain, type Method, type WriteStep } from "./chain.ts";
import { checkPythonOptions } from "./check-python-options.ts";
import {
  checkBaseOptions,
  checkCommands,
  checkDebianSlim,
  checkImageEnv,
  checkMicromamba,
  checkTexts,
} from "./checks.ts";
import { dockerfileStep } from "./dockerfile-steps.ts";
import { fileStep, folderStep } from "./file-steps.ts";
import {
  type AddDirOptions,
  type AddFileOptions,
  checkDockerfileOptions,
  checkFunctionOptions,
  checkTextList,
  type DockerfileCommandsOptions,
  type FromDockerfileOptions,
  type MicromambaInstallOptions,
  type RunFunctionOptions,
} from "./image-options.ts";
import { importWhereItIs } from "./imports.ts";
import type { ImageLayer, Step } from "./layer.ts";
import { checkImageName, namedImage } from "./named-images.ts";
import { checkPackages, PACKAGE_RULES } from "./packages.ts";
import { checkFileOptions, checkLocalPath, checkModules, checkRemotePath } from "./path-checks.ts";
import { type PlacedPath, resolvePath } from "./placed-path.ts";
import { checkRepositories, privateReposStep } from "./private-repos.ts";
import { poetryStep, pyprojectStep, uvSyncStep } from "./project-steps.ts";
import { publishImage } from "./publish.ts";
import type {
  PipInstallOptions,
  PoetryInstallOptions,
  PrivateReposOptions,
  PyprojectOptions,
  UvPipInstallOptions,
  UvSyncOptions,
} from "./python-options.ts";
import { pythonSourceStep } from "./python-source.ts";
import { pipStep, requirementsStep, uvPipStep } from "./python-steps.ts";
import { instruct, type RunContext } from "./quote.ts";
import { type BuildNeeds, dockerfileOf, hashOf, needsOf } from "./resolved.ts";
import { micromambaInstallStep, micromambaStep } from "./runtime-steps.ts";
import {
  checkAdded,
  checkBuildFunction,
  checkHasPython,
  checkPythonProject,
  checkWords,
  type Packages,
  readPackages,
  readPythonPackages,
  splitArguments,
} from "./step-arguments.ts";
import { type BuildStepOptions, checkStepOptions } from "./step-options.ts";
import { aptStep, envStep, npmStep, runStep } from "./steps.ts";

const DEFAULT_NODE = "24";
const DEFAULT_PYTHON = "3.13";
const HOUR_SECONDS = 3600;

/** One text or a list of them. */
type Texts = string | readonly string[];
/** Texts, and options at the end. */
type With<Options> = readonly [...texts: readonly Texts[], options: Options];
/** Writes a step that runs something. */
type Write = (before: Before, context: RunContext) => Step;

/**
 * What is on the disk of a container besides your code. Each method returns a new image with one more layer; a layer is
 * built once, and again when it or one before it changes. Steps run as the user of the base image. Paths of your machine
 * are relative to the file that names them.
 * @example
 * const image = Image.debianSlim({ python: "3.12" }).aptInstall("ffmpeg").uvPipInstall("torch==2.9.0");
 * export const app = new App("media", { image });
 */
export class Image {
  /** What it is built for; hosts with this processor run its containers. */
  readonly platform: `linux/${Architecture}`;
  readonly #chain: Chain;

  private constructor(chain: Chain) {
    this.platform = `linux/${chain.base.architecture}`;
    this.#chain = chain;
    Object.freeze(this);
  }

  /**
   * Debian 12 in its small variant, with Python or Node or both. With both, Node is copied from its official image.
   * @throws InvalidError naming every mistake
   */
  static debianSlim(options: DebianSlimOptions = {}): Image {
    throwViolations("debianSlim()", checkDebianSlim(options), Image.debianSlim);
    const { node, forceBuild } = options;
    const chain = new Chain({ ...debianSlimBase(options), isForced: forceBuild });
    const hasNode = node === undefined || chain.base.hasNode;
    return new Image(hasNode ? chain : withNode(chain, node, Image.debianSlim));
  }

  /**
   * Debian 12 with micromamba and a Python of conda-forge, for `micromambaInstall`.
   * @throws InvalidError naming every mistake
   */
  static micromamba(options: MicromambaOptions = {}): Image {
    throwViolations("micromamba()", checkMicromamba(options), Image.micromamba);
    const chain = new Chain({ ...micromambaBase(options), isForced: options.forceBuild });
    const step = micromambaStep(options.python ?? DEFAULT_PYTHON);
    return new Image(chain.add(() => step, { method: Image.micromamba }));
  }

  /**
   * An image of a registry, for the architecture, of a distribution with glibc. Its tag is taken to stand for the
   * same image for ever. `pipInstall` and `npmInstall` need `python3` and `npm` in it.
   * @example Image.fromRegistry("nvidia/cuda:12.8.1-runtime-ubuntu24.04", { addPython: "3.12" })
   * @throws InvalidError if it is not the name of an image, or of no processor that hosts have
   */
  static fromRegistry(tag: string, options: RegistryOptions = {}): Image {
    return new Image(ofRegistry(tag, options, { kind: "basic", method: Image.fromRegistry }));
  }

  /**
   * An image of Amazon ECR: pulled with the credentials of who builds it, or with those of a secret: AWS_ACCESS_KEY_ID,
   * AWS_SECRET_ACCESS_KEY and, if need be, AWS_SESSION_TOKEN.
   * @example Image.fromAwsEcr("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/base:v3")
   * @throws InvalidError naming every mistake
   */
  static fromAwsEcr(tag: string, options: RegistryOptions = {}): Image {
    return new Image(ofRegistry(tag, options, { kind: "ecr", method: Image.fromAwsEcr }));
  }

  /**
   * An image of Google's Artifact Registry: pulled with the key of a service account, in the variable
   * SERVICE_ACCOUNT_JSON of the secret.
   * @example Image.fromGcpArtifactRegistry("europe-west1-docker.pkg.dev/p/r/base:v3", { secret: Secret.fromName("gcp") })
   * @throws InvalidError naming every mistake
   */
  static fromGcpArtifactRegistry(tag: string, options: RegistryOptions = {}): Image {
    return new Image(
      ofRegistry(tag, options, { kind: "gcp", method: Image.fromGcpArtifactRegistry }),
    );
  }

  /**
   * The image of a Dockerfile, with all its stages; steps go on where it ends. `COPY` and `ADD` copy from its folder. Each
   * `RUN` in shell form has the variables of `secrets` and `env`.
   * @example Image.fromDockerfile("docker/Dockerfile", { contextDir: ".", buildArgs: { VERSION: "3" } })
   * @throws InvalidError naming every mistake
   */
  static fromDockerfile(path: string, options: FromDockerfileOptions = {}): Image {
    const method = Image.fromDockerfile;
    const more = ["architecture", "addPython"];
    const found = checkDockerfileOptions(options, "fromDockerfile()", more);
    throwViolations(
      "fromDockerfile()",
      [...checkLocalPath(path, "fromDockerfile()"), ...found],
      method,
    );
    return new Image(ofDockerfile({ path, place: callPlace(method) }, options, method));
  }

  /**
   * The image that was published under this name in the project, when this one is built; `base` is `base:latest`.
   * @throws InvalidError for what is no name
   */
  static fromName(name: string, options: BaseOptions = {}): Image {
    const found = [
      ...checkImageName(name, "fromName()"),
      ...checkBaseOptions(options, "fromName()"),
    ];
    throwViolations("fromName()", found, Image.fromName);
    const place = callPlace(Image.fromName);
    return new Image(new Chain(unknownBase(() => namedImage(name, place), options)));
  }

  /** The tag that it builds on. */
  get base(): string {
    return this.#chain.resolve().beginning.tag;
  }

  /** Its steps, the first one first. @throws WindlassError when files that it copies are not there */
  get layers(): readonly ImageLayer[] {
    return this.#chain.resolve().layers;
  }

  /** SHA-256 over base and layers, as 64 hexadecimal digits: equal for equal images, on every machine. */
  get hash(): string {
    return hashOf(this.#chain.resolve(), this.#chain.base.architecture);
  }

  /** The image as a Dockerfile, to be built for `platform`; the same bytes for the same image. */
  get dockerfile(): string {
    return dockerfileOf(this.#chain.resolve());
  }

  /** What is known of its Python; `null` where it has none for certain. @internal */
  get python(): ImagePython | null {
    if (!this.#chain.base.mayGetPython) return null;
    const installs = this.layers.flatMap(({ install }) => (install === undefined ? [] : [install]));
    return { version: this.#chain.base.python, installs };
  }

  /** What its build needs beside the Dockerfile. @internal */
  get needs(): BuildNeeds {
    return needsOf(this.#chain.resolve(), this.#chain.base);
  }

  /**
   * Installs Debian packages, without those they merely recommend. Their order does not matter; without packages,
   * nothing changes.
   * @example image.aptInstall("ffmpeg", "git=1:2.39.*")
   * @throws InvalidError naming every mistake
   */
  aptInstall(...packages: readonly Texts[]): Image;
  aptInstall(...args: With<BuildStepOptions>): Image;
  aptInstall(...args: readonly (Texts | BuildStepOptions)[]): Image {
    const { names, options } = readPackages(args, "apt", this.aptInstall);
    if (names.length === 0) return this;
    return this.#run(
      ({ base }, context) => aptStep(names, { ...context, base }),
      this.aptInstall,
      options,
    );
  }

  /**
   * Installs Python packages with pip. Their order does not matter; without packages, nothing changes.
   * @example image.pipInstall("numpy>=2,<3", "torch", { indexUrl: "https://download.pytorch.org/whl/cpu" })
   * @throws InvalidError naming every mistake
   */
  pipInstall(...packages: readonly Texts[]): Image;
  pipInstall(...args: With<PipInstallOptions>): Image;
  pipInstall(...args: readonly (Texts | PipInstallOptions)[]): Image {
    const { names, options } = this.#python<PipInstallOptions>(args, this.pipInstall);
    if (names.length === 0) return this;
    return this.#run((_, context) => pipStep(names, options, context), this.pipInstall, options);
  }

  /**
   * Installs Python packages with uv, which is faster than pip. Their order does not matter; without packages, nothing
   * changes.
   * @example image.uvPipInstall("torch==2.9.0", "transformers")
   * @throws InvalidError naming every mistake
   */
  uvPipInstall(...packages: readonly Texts[]): Image;
  uvPipInstall(...args: With<UvPipInstallOptions>): Image;
  uvPipInstall(...args: readonly (Texts | UvPipInstallOptions)[]): Image {
    const [method, place] = [this.uvPipInstall, callPlace(this.uvPipInstall)];
    const { names, options } = this.#python<UvPipInstallOptions>(args, method);
    const { requirements = [], ...others } = options;
    const files = requirements.map((path) => ({ path, place }));
    if (names.length === 0 && files.length === 0) return this;
    const write: Write = ({ commands }, context) =>
      uvPipStep(names, { ...others, files }, { ...context, before: commands });
    return files.length > 0
      ? this.#read(write, method, options)
      : this.#run(write, method, options);
  }

  /**
   * Installs what a file of requirements names, with pip.
   * @example image.pipInstallFromRequirements("requirements.txt")
   * @throws InvalidError naming every mistake
   */
  pipInstallFromRequirements(path: string, options: PipInstallOptions = {}): Image {
    const method = this.pipInstallFromRequirements;
    const file = this.#file(path, options, method);
    return this.#read((_, context) => requirementsStep(file, options, context), method, options);
  }

  /**
   * Installs `project.dependencies` of a `pyproject.toml` with pip, not the project itself.
   * @example image.pipInstallFromPyproject("pyproject.toml", { optionalDependencies: ["gpu"] })
   * @throws InvalidError naming every mistake
   */
  pipInstallFromPyproject(path: string, options: PyprojectOptions = {}): Image {
    const method = this.pipInstallFromPyproject;
    const file = this.#file(path, options, method);
    return this.#read((_, context) => pyprojectStep(file, options, context), method, options);
  }

  /**
   * Installs packages from private repositories of GitHub and GitLab with pip, by the tokens GITHUB_TOKEN and GITLAB_TOKEN
   * of the secrets.
   * @example image.pipInstallPrivateRepos("github.com/team/package@v1.2.0", { gitUser: "ada", secrets: [github] })
   * @throws InvalidError naming every mistake
   */
  pipInstallPrivateRepos(...args: With<PrivateReposOptions>): Image {
    const [method, subject] = [this.pipInstallPrivateRepos, "pipInstallPrivateRepos()"];
    const { texts, options } = splitArguments<PrivateReposOptions>(args);
    const violations = [
      ...checkRepositories(texts, options),
      ...checkPythonOptions(options, subject),
      ...checkHasPython(this.#chain.base.hasPython, subject),
    ];
    throwViolations(subject, violations, method);
    const names = texts as string[]; // Checked above.
    if (names.length === 0) return this;
    const write: Write = ({ base }, context) =>
      privateReposStep(names, options, { ...context, base });
    return this.#run(write, method, options);
  }

  /**
   * Installs what `uv.lock` of a project says, not the project itself, into an environment whose Python is then the
   * first one.
   * @param folder - of `pyproject.toml` and `uv.lock`
   * @example image.uvSync(".", { extras: ["gpu"] })
   * @throws InvalidError naming every mistake
   */
  uvSync(folder = ".", options: UvSyncOptions = {}): Image {
    const project = this.#file(folder, options, this.uvSync);
    const write: Write = ({ commands }, context) =>
      uvSyncStep(project, options, { ...context, before: commands });
    return this.#read(write, this.uvSync, options);
  }

  /**
   * Installs what the lock file of a project of Poetry says, not the project itself.
   * @param pyproject - path of its `pyproject.toml`
   * @throws InvalidError naming every mistake
   */
  poetryInstall(pyproject = "pyproject.toml", options: PoetryInstallOptions = {}): Image {
    const project = this.#file(pyproject, options, this.poetryInstall);
    return this.#read(
      (_, context) => poetryStep(project, options, context),
      this.poetryInstall,
      options,
    );
  }

  /**
   * Installs packages of conda with micromamba, on an image of `Image.micromamba()`.
   * @example image.micromambaInstall("pymc", "graphviz", { channels: ["conda-forge"] })
   * @throws InvalidError naming every mistake
   */
  micromambaInstall(...packages: readonly Texts[]): Image;
  micromambaInstall(...args: With<MicromambaInstallOptions>): Image;
  micromambaInstall(...args: readonly (Texts | MicromambaInstallOptions)[]): Image {
    const subject = "micromambaInstall()";
    const place = callPlace(this.micromambaInstall);
    const { texts, options } = splitArguments<MicromambaInstallOptions>(args);
    const known = checkStepOptions(options, { subject, names: ["specFile", "channels"] });
    const { specFile, channels = [] } = options;
    const violations = [
      ...known.violations,
      ...checkPackages(texts, PACKAGE_RULES.conda, subject),
      ...checkTextList(channels, `\`channels\` of ${subject}`),
      ...(specFile === undefined ? [] : checkLocalPath(specFile, `\`specFile\` of ${subject}`)),
    ];
    throwViolations(subject, violations, this.micromambaInstall);
    const packages = texts as string[]; // Checked above.
    if (packages.length === 0 && specFile === undefined) return this;
    const file = specFile === undefined ? undefined : { path: specFile, place };
    const given = { packages, channels, specFile: file };
    const write: Write = (_, context) => micromambaInstallStep(given, context);
    return this.#read(write, this.micromambaInstall, options);
  }

  /**
   * Installs npm packages where imports of your code find them. A Debian image without Node gets Node 24 first. The
   * order of packages does not matter; without packages, nothing changes.
   * @example image.npmInstall("sharp@0.34.4")
   * @throws InvalidError naming every mistake
   */
  npmInstall(...packages: readonly Texts[]): Image;
  npmInstall(...args: With<BuildStepOptions>): Image;
  npmInstall(...args: readonly (Texts | BuildStepOptions)[]): Image {
    const { names, options } = readPackages(args, "npm", this.npmInstall);
    if (names.length === 0) return this;
    const { hasNode } = this.#chain.base;
    const image = hasNode ? this : new Image(withNode(this.#chain, DEFAULT_NODE, this.npmInstall));
    return image.#run((_, context) => npmStep(names, context), this.npmInstall, options);
  }

  /**
   * Sets environment variables, for later steps and for containers; `env` of the App and of a function win. Values
   * have one line of at most 32,768 characters, and can be read by whoever can read the image. Without variables,
   * nothing changes.
   * @throws InvalidError naming every mistake
   */
  env(values: Readonly<Record<string, string>>): Image {
    throwViolations("env()", checkImageEnv(values), this.env);
    return Object.keys(values).length === 0 ? this : this.#add(envStep(values), this.env);
  }

  /**
   * Runs shell commands with `/bin/sh`, or what `shell()` has set, in their order, each in a shell of its own, of about
   * 65,000 bytes at most: a line of a Dockerfile is below 64 KiB. What you build into a command from other texts must be
   * quoted by you. Without commands, nothing changes.
   * @example image.runCommands("curl -fsSL https://example.com/model.bin -o /opt/model.bin")
   * @throws InvalidError naming every mistake
   */
  runCommands(...commands: readonly Texts[]): Image;
  runCommands(...args: With<BuildStepOptions>): Image;
  runCommands(...args: readonly (Texts | BuildStepOptions)[]): Image {
    const { texts, options } = splitArguments<BuildStepOptions>(args);
    const { violations } = checkStepOptions(options, { subject: "runCommands()" });
    throwViolations("runCommands()", [...checkCommands(texts), ...violations], this.runCommands);
    const commands = texts as string[]; // Checked above.
    if (commands.length === 0) return this;
    const { shell } = this.#chain.base;
    const write: Write = (_, context) => runStep(commands, { ...context, shell });
    return this.#run(write, this.runCommands, options);
  }

  /**
   * Runs a function of your module while the image is built, for instance to download weights: a function with a name of
   * its own, or one of a Python file, `"weights.py:download"`. It runs again when its own source or its arguments
   * change, not when what it calls does; a Python function, when its file changes.
   * @example image.runFunction(downloadWeights, { args: ["org/model"], secrets: [Secret.fromName("huggingface")] })
   * @throws InvalidError naming every mistake
   */
  runFunction(
    run: ((...args: never[]) => unknown) | string,
    options: RunFunctionOptions = {},
  ): Image {
    const method = this.runFunction;
    const place = callPlace(method);
    const python = parsePythonName(run);
    const found = [...checkBuildFunction(run), ...checkFunctionOptions(options)];
    throwViolations("runFunction()", found, method);
    const { args = [], timeoutSeconds = HOUR_SECONDS } = options;
    const how = { args, timeoutSeconds };
    if (python !== undefined) {
      const given = { file: { path: python.file, place }, symbol: python.symbol };
      return this.#read((_, context) => pythonFunctionStep(given, how, context), method, options);
    }
    if (typeof run !== "function") return this;
    knowBuildFunction(run);
    return this.#run((_, context) => functionStep(run, how, context), method, options);
  }

  /**
   * Adds instructions of a Dockerfile. Each `RUN` in shell form has the variables of `secrets` and `env`.
   * @example image.dockerfileCommands("COPY certificates /etc/ssl/extra", "RUN update-ca-certificates")
   * @throws InvalidError naming every mistake
   */
  dockerfileCommands(...commands: readonly Texts[]): Image;
  dockerfileCommands(...args: With<DockerfileCommandsOptions>): Image;
  dockerfileCommands(...args: readonly (Texts | DockerfileCommandsOptions)[]): Image {
    const method = this.dockerfileCommands;
    const subject = "dockerfileCommands()";
    const place = callPlace(method);
    const { texts, options } = splitArguments<DockerfileCommandsOptions>(args);
    const violations = [...checkTexts(texts, subject), ...checkDockerfileOptions(options, subject)];
    throwViolations(subject, violations, method);
    const commands = texts as string[]; // Checked above.
    if (commands.length === 0) return this;
    const { contextDir = ".", ignore, buildArgs = {} } = options;
    const write: Write = (_, context) => {
      const folder = resolvePath({ path: contextDir, place });
      return dockerfileStep(commands, { ...context, ignore, buildArgs, subject, folder });
    };
    return this.#read(write, method, options);
  }

  /**
   * What containers run first, in place of the entrypoint of the base: it gets the program of the container as arguments
   * and must run it, at best with `exec "$@"`.
   * @throws InvalidError for what is no list of texts
   */
  entrypoint(words: readonly string[]): Image {
    checkWords(words, this.entrypoint);
    const step: Step = { kind: "entrypoint", commands: [instruct("ENTRYPOINT", words)] };
    return this.#add(step, this.entrypoint, { entrypoint: [...words] });
  }

  /** What a container of the image itself runs, with Docker; containers of functions do not. @throws InvalidError */
  cmd(words: readonly string[]): Image {
    checkWords(words, this.cmd);
    return this.#add({ kind: "cmd", commands: [instruct("CMD", words)] }, this.cmd);
  }

  /**
   * The shell of later steps: a program and its flags, which get a command.
   * @example image.shell(["/bin/bash", "-euo", "pipefail", "-c"])
   * @throws InvalidError for what is no list of texts
   */
  shell(words: readonly string[]): Image {
    checkWords(words, this.shell);
    const step: Step = { kind: "shell", commands: [instruct("SHELL", words)] };
    return this.#add(step, this.shell, { shell: [...words] });
  }

  /** The working directory of later steps and of containers; it is made if it is not there. @throws InvalidError */
  workdir(path: string): Image {
    throwViolations("workdir()", checkRemotePath(path, "workdir()"), this.workdir);
    const step: Step = {
      kind: "workdir",
      commands: [`WORKDIR ${path.replaceAll(/[\\$]/g, "\\$&")}`],
    };
    return this.#add(step, this.workdir);
  }

  /**
   * Adds a file. Without `copy` it comes after all other steps, and no step may follow: a change of it builds nothing
   * else again.
   * @param remote - its path in the image; with a `/` at the end, that of its folder
   * @throws InvalidError naming every mistake
   */
  addLocalFile(local: string, remote: string, options: AddFileOptions = {}): Image {
    const method = this.addLocalFile;
    checkAdded({ local, remote, options, takesIgnore: false }, method);
    const file = { path: local, place: callPlace(method) };
    return this.#attach(() => fileStep(file, remote), method, options);
  }

  /**
   * Adds what is in a folder. Without `copy` it comes after all other steps, and no step may follow.
   * @example image.addLocalDir("assets", "/opt/assets", { ignore: ["**\/*.psd"] })
   * @throws InvalidError naming every mistake
   */
  addLocalDir(local: string, remote: string, options: AddDirOptions = {}): Image {
    const method = this.addLocalDir;
    checkAdded({ local, remote, options, takesIgnore: true }, method);
    const folder = { path: local, place: callPlace(method) };
    return this.#attach(() => folderStep(folder, remote, options.ignore), method, options);
  }

  /**
   * Adds Python modules of yours, from beside the file that calls this or from the root of the project, where `import`
   * finds them. Files of Python functions need no step: they come with the code.
   * @example image.addLocalPythonSource("my_package")
   * @throws InvalidError naming every mistake
   */
  addLocalPythonSource(...modules: readonly Texts[]): Image;
  addLocalPythonSource(...args: With<AddDirOptions>): Image;
  addLocalPythonSource(...args: readonly (Texts | AddDirOptions)[]): Image {
    const [method, subject] = [this.addLocalPythonSource, "addLocalPythonSource()"];
    const place = callPlace(method);
    const { texts, options } = splitArguments<AddDirOptions>(args);
    const found = [...checkModules(texts, subject), ...checkFileOptions(options, subject, true)];
    throwViolations(subject, found, method);
    const modules = texts as string[]; // Checked above.
    if (modules.length === 0) return this;
    const { ignore } = options;
    const write: WriteStep = ({ commands }) =>
      pythonSourceStep(modules, ignore, { place, before: commands });
    return this.#attach(write, method, options);
  }

  /**
   * Imports a package that this image has and other places may lack: where it is missing, using it is what throws.
   * @example const sharp = await image.imports<typeof import("sharp")>("sharp");
   */
  imports<Module extends object>(name: string): Promise<Module> {
    return importWhereItIs<Module>(name, callPlace(this.imports));
  }

  /**
   * Builds it with Docker, unless it is there, and gives it a name in this project: `base` is `base:latest`. Images of
   * `Image.fromName` are then built on it.
   * @throws InvalidError for what is no name; ExecutionError when it cannot be built
   */
  async publish(name: string): Promise<void> {
    throwViolations("publish()", checkImageName(name, "publish()"), this.publish);
    await publishImage(this, name);
  }

  #add(step: Step, method: Method, change?: Partial<Base>): Image {
    return new Image(this.#chain.add(() => step, { method, change }));
  }

  /** A step that runs something. */
  #run(write: Write, method: Method, options: BuildStepOptions): Image {
    const context = this.#chain.context(options);
    return new Image(this.#chain.add((before) => write(before, context), { method, context }));
  }

  /** One that reads files for it. */
  #read(write: Write, method: Method, options: BuildStepOptions): Image {
    const context = this.#chain.context(options);
    const adding = { method, context, readsFiles: true };
    return new Image(this.#chain.add((before) => write(before, context), adding));
  }

  #attach(write: WriteStep, method: Method, { copy }: AddFileOptions): Image {
    return new Image(this.#chain.attach(write, { method, copy }));
  }

  #python<Options extends object>(args: readonly unknown[], method: Method): Packages<Options> {
    return readPythonPackages<Options>(args, this.#chain.base.hasPython, method);
  }

  #file(path: string, options: object, method: Method): PlacedPath {
    checkPythonProject({ path, options }, this.#chain.base.hasPython, method);
    return { path, place: callPlace(method) };
  }
}
Object.defineProperty(Image.prototype, IMAGE_BRAND, { value: true });
