import { DEFAULT_PYTHON_IMAGE } from "../../image/default-image.ts";
import type { AppSpec, FunctionSpec } from "../../spec.ts";
import { findInterpreter } from "./interpreter.ts";
import { prepareVenv } from "./venv.ts";

export interface PythonHostOptions {
  readonly images: AppSpec["images"];
  readonly stateDirectory: string;
  /** False: the interpreter at hand runs all functions, with the packages that it has. */
  readonly usesVenv: boolean;
  readonly notice: (text: string) => void;
}

/** Finds the Python of each function, and makes virtual environments of images that install packages. */
export class PythonHost {
  readonly #options: PythonHostOptions;
  /** Commands by the hash of the image. One that failed is tried again with the next call. */
  readonly #commands: Map<string, Promise<string>> = new Map();

  constructor(options: PythonHostOptions) {
    this.#options = options;
  }

  /** The command that runs Python for a function. @throws ContainerStartupError */
  commandOf({ image }: FunctionSpec): Promise<string> {
    const known = this.#commands.get(image);
    if (known !== undefined) return known;
    const command = this.#prepare(image);
    this.#commands.set(image, command);
    command.catch(() => this.#commands.delete(image));
    return command;
  }

  async #prepare(image: string): Promise<string> {
    const { images, usesVenv, stateDirectory, notice } = this.#options;
    const python = images.find(({ hash }) => hash === image)?.python ?? null;
    const asksNothing =
      python === null || (python.version === null && python.installs.length === 0);
    // Nobody asked for the version of the default image.
    if (asksNothing || !usesVenv || image === DEFAULT_PYTHON_IMAGE.hash) {
      return (await findInterpreter(null)).command;
    }
    return await prepareVenv({ python, stateDirectory, notice });
  }
}
