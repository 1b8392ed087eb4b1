import { throwViolations, type Violation } from "../options/violation.ts";
import type { Architecture, ImagePython } from "../spec.ts";
import { type Base, type BaseOptions, type DebianSlimOptions, debianSlimBase } from "./base.ts";
import { checkPythonOptions } from "./check-python-options.ts";
import {
  checkCommands,
  checkDebianSlim,
  checkImageEnv,
  checkLength,
  checkRegistry,
  checkTag,
} from "./checks.ts";
import { baseHash, type ImageLayer, type Step, toLayer } from "./layer.ts";
import { checkPackages, PACKAGE_RULES } from "./packages.ts";
import type { PipInstallOptions, UvPipInstallOptions } from "./python-options.ts";
import { aptStep, envStep, nodeStep, npmStep, pipStep, runStep, uvPipStep } from "./steps.ts";

const BRAND: symbol = Symbol.for("windlass.image");
const DEFAULT_NODE = "24";

/** One text or a list of them. */
type Texts = string | readonly string[];

/**
 * What is on the disk of a container besides your code. Each method returns a new image with one more layer; a layer is
 * built once, and again when it or one before it changes. Steps run as the user of the base image.
 * @example
 * const image = Image.debianSlim({ python: "3.12" }).aptInstall("ffmpeg").uvPipInstall("torch==2.9.0");
 * export const app = new App("media", { image });
 */
export class Image {
  /** The tag that it builds on. */
  readonly base: string;
  /** What it is built for; hosts with this processor run its containers. */
  readonly platform: `linux/${Architecture}`;
  /** Its steps, the first one first. */
  readonly layers: readonly ImageLayer[];
  readonly #base: Base;

  private constructor(base: Base, layers: readonly ImageLayer[]) {
    this.base = base.tag;
    this.platform = `linux/${base.architecture}`;
    this.layers = Object.freeze(layers);
    this.#base = base;
    Object.freeze(this);
  }

  /**
   * Debian 12 in its small variant, with Python or Node or both. With both, Node is copied from its official image.
   * @throws InvalidError naming every mistake
   */
  static debianSlim(options: DebianSlimOptions = {}): Image {
    throwViolations("debianSlim()", checkDebianSlim(options), Image.debianSlim);
    const image = new Image(debianSlimBase(options), []);
    const { node } = options;
    return node === undefined || image.#base.hasNode ? image : image.#withNode(node);
  }

  /**
   * An image of a registry: public, for the architecture, of a distribution with glibc. Its tag is taken to stand for the
   * same image for ever. `pipInstall` and `npmInstall` need `python3` and `npm` in it.
   * @example Image.fromRegistry("nvidia/cuda:12.8.1-runtime-ubuntu24.04")
   * @throws InvalidError if it is not the name of an image, or of no processor that hosts have
   */
  static fromRegistry(tag: string, options: BaseOptions = {}): Image {
    const found = [...checkTag(tag), ...checkRegistry(options)];
    throwViolations("fromRegistry()", found, Image.fromRegistry);
    const { architecture = "amd64" } = options;
    const unknown = {
      architecture,
      hasPython: true,
      hasNode: true,
      python: null,
      mayGetPython: true,
    };
    return new Image({ tag, ...unknown }, []);
  }

  /** SHA-256 over base and layers, as 64 hexadecimal digits: equal for equal images, on every machine. */
  get hash(): string {
    return this.layers.at(-1)?.hash ?? baseHash(this.base, this.platform);
  }

  /** The image as a Dockerfile, to be built for `platform`; the same bytes for the same image. */
  get dockerfile(): string {
    const commands = this.layers.flatMap((layer) => layer.commands);
    return [`FROM ${this.base}`, ...commands, ""].join("\n");
  }

  /** What is known of its Python; `null` where it has none for certain. @internal */
  get python(): ImagePython | null {
    if (!this.#base.mayGetPython) return null;
    const installs = this.layers.flatMap(({ install }) => (install === undefined ? [] : [install]));
    return { version: this.#base.python, installs };
  }

  /**
   * Installs Debian packages, without those they merely recommend. Their order does not matter; without packages,
   * nothing changes.
   * @example image.aptInstall("ffmpeg", "git=1:2.39.*")
   * @throws InvalidError naming every mistake
   */
  aptInstall(...packages: readonly Texts[]): Image {
    const names = packages.flat();
    const found = checkPackages(names, PACKAGE_RULES.apt, "aptInstall()");
    throwViolations("aptInstall()", found, this.aptInstall);
    return names.length === 0 ? this : this.#with(aptStep(names), this.aptInstall);
  }

  /**
   * Installs Python packages with pip. Their order does not matter; without packages, nothing changes.
   * @example image.pipInstall("numpy>=2,<3", "torch", { indexUrl: "https://download.pytorch.org/whl/cpu" })
   * @throws InvalidError naming every mistake
   */
  pipInstall(...packages: readonly Texts[]): Image;
  pipInstall(...args: readonly [...packages: readonly Texts[], options: PipInstallOptions]): Image;
  pipInstall(...args: readonly (Texts | PipInstallOptions)[]): Image {
    const { names, options } = this.#pythonArguments(args, this.pipInstall);
    return names.length === 0 ? this : this.#with(pipStep(names, options), this.pipInstall);
  }

  /**
   * Installs Python packages with uv, which is faster than pip. Their order does not matter; without packages, nothing
   * changes.
   * @example image.uvPipInstall("torch==2.9.0", "transformers")
   * @throws InvalidError naming every mistake
   */
  uvPipInstall(...packages: readonly Texts[]): Image;
  uvPipInstall(
    ...args: readonly [...packages: readonly Texts[], options: UvPipInstallOptions]
  ): Image;
  uvPipInstall(...args: readonly (Texts | UvPipInstallOptions)[]): Image {
    const { names, options } = this.#pythonArguments(args, this.uvPipInstall);
    if (names.length === 0) return this;
    const before = this.layers.flatMap((layer) => layer.commands);
    return this.#with(uvPipStep(names, options, before), this.uvPipInstall);
  }

  /**
   * Installs npm packages where imports of your code find them. A Debian image without Node gets Node 24 first. The
   * order of packages does not matter; without packages, nothing changes.
   * @example image.npmInstall("sharp@0.34.4")
   * @throws InvalidError naming every mistake
   */
  npmInstall(...packages: readonly Texts[]): Image {
    const names = packages.flat();
    const found = checkPackages(names, PACKAGE_RULES.npm, "npmInstall()");
    throwViolations("npmInstall()", found, this.npmInstall);
    if (names.length === 0) return this;
    const image = this.#base.hasNode ? this : this.#withNode(DEFAULT_NODE);
    return image.#with(npmStep(names), this.npmInstall);
  }

  /**
   * Sets environment variables, for later steps and for containers; `env` of the App and of a function win. Values
   * have one line of at most 32,768 characters, and can be read by whoever can read the image. Without variables,
   * nothing changes.
   * @throws InvalidError naming every mistake
   */
  env(values: Readonly<Record<string, string>>): Image {
    throwViolations("env()", checkImageEnv(values), this.env);
    return Object.keys(values).length === 0 ? this : this.#with(envStep(values), this.env);
  }

  /**
   * Runs shell commands with `/bin/sh`, in their order, each in a shell of its own, of about 65,000 bytes at most: a
   * line of a Dockerfile is below 64 KiB. What you build into a command from other texts must be quoted by you. Without
   * commands, nothing changes.
   * @example image.runCommands("curl -fsSL https://example.com/model.bin -o /opt/model.bin")
   * @throws InvalidError naming every mistake
   */
  runCommands(...commands: readonly Texts[]): Image {
    const texts = commands.flat();
    throwViolations("runCommands()", checkCommands(texts), this.runCommands);
    return texts.length === 0 ? this : this.#with(runStep(texts), this.runCommands);
  }

  #withNode(version: string): Image {
    const layers = [...this.layers, toLayer(this.hash, nodeStep(version))];
    return new Image({ ...this.#base, hasNode: true }, layers);
  }

  #with(step: Step, method: { readonly name: string }): Image {
    const subject = `${method.name}()`;
    throwViolations(subject, checkLength(step.commands, subject), method);
    // Packages of Debian and commands can bring a Python.
    const mayGetPython = this.#base.mayGetPython || step.kind === "apt" || step.kind === "run";
    return new Image({ ...this.#base, mayGetPython }, [...this.layers, toLayer(this.hash, step)]);
  }

  #pythonArguments(
    args: readonly unknown[],
    method: { readonly name: string },
  ): { readonly names: readonly string[]; readonly options: UvPipInstallOptions } {
    const subject = `${method.name}()`;
    const last = args.at(-1);
    const hasOptions = typeof last === "object" && last !== null && !Array.isArray(last);
    const names = (hasOptions ? args.slice(0, -1) : args).flat();
    const options = hasOptions ? last : {};
    const violations = [
      ...checkPackages(names, PACKAGE_RULES.python, subject),
      ...checkPythonOptions(options, subject),
      ...this.#checkPython(subject),
    ];
    throwViolations(subject, violations, method);
    return { names: names as string[], options }; // Checked above.
  }

  #checkPython(subject: string): Violation[] {
    if (this.#base.hasPython) return [];
    return [
      {
        code: "WINDLASS_IMAGE_WITHOUT_PYTHON",
        message: `${subject} needs Python, which this image of debianSlim() does not have`,
        hint: 'begin with `Image.debianSlim({ python: "3.12" })`',
      },
    ];
  }
}
Object.defineProperty(Image.prototype, BRAND, { value: true });

/** True for an Image of this copy of the package or another. */
export function isImage(value: unknown): value is Image {
  return typeof value === "object" && value !== null && BRAND in value;
}
