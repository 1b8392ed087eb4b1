import { afterAll, beforeAll, inject } from "vitest";
import { App, resolveSpec } from "windlass";
import { type Files, writeFiles } from "../bundle/temp-project.ts";
import { appProject, type Outcome } from "../cli/cli.ts";
import { unique } from "./aws.ts";
import { AWS_ENV, onAws } from "./deployed.ts";
import { buildImage } from "./images.ts";

const MINUTES = 60_000;

/** An environment, and the name and project of an app in it, for one file of tests. */
export interface Place {
  readonly environment: string;
  readonly app: string;
  /** The project's folder, once the first test begins. */
  readonly root: string;
  /** The image of functions without one, as `--image` takes it. */
  readonly image: string;
  /** Runs `windlass` in the project and the environment. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  /** Writes these files, of which `app.ts` is the app's, and deploys. */
  deploy(files: Files, ...flags: readonly string[]): Promise<Outcome>;
}

/** A place that is there for all tests of this file; its environment goes with them, and the app. */
export function createPlace(prefix: string): Place {
  const environment = unique(prefix);
  const app = unique("app");
  let [root, image] = ["", ""];
  const run = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome> =>
    onAws(root, args, { WINDLASS_ENVIRONMENT: environment, ...env });
  beforeAll(async () => {
    if (inject("aws") === null) return;
    Object.assign(process.env, AWS_ENV);
    root = appProject({}, afterAll);
    image = defaultImage();
    // It ends with 1, since the emulator lacks Service Quotas, once all else is done.
    await run(["bootstrap"]);
  }, 4 * MINUTES);
  afterAll(async () => {
    if (inject("aws") === null) return;
    await run(["destroy", app, "--delete-data"]);
    await run(["destroy", "--environment", environment, "--delete-data"]);
  }, 4 * MINUTES);
  return {
    ...{ environment, app, run },
    get root() {
      return root;
    },
    get image() {
      return image;
    },
    deploy(files, ...flags) {
      writeFiles(root, files);
      return run(["deploy", "app.ts", "--image", image, ...flags]);
    },
  };
}

function defaultImage(): string {
  const plain = new App("plain");
  plain.function("f", () => 1);
  const [spec] = resolveSpec(plain).images;
  if (spec === undefined) throw new Error("an app has an image");
  return `${spec.hash}=${buildImage(spec)}`;
}
