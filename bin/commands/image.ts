import { checkImageName } from "../../lib/image/named-images.ts";
import { throwViolations } from "../../lib/options/violation.ts";
import { inWords } from "../byte-progress.ts";
import type { Invocation } from "../command-table.ts";
import { toAwsOptions } from "../deploy/deploy-options.ts";
import { SHORT_HASH } from "../deploy/images.ts";
import { createSteps, type Steps, secondsSince } from "../deploy/steps.ts";
import { type AppImage, buildInputs, imagesOf, imageText } from "../images/app-images.ts";
import type { LoadedApp } from "../load-app.ts";
import { type ActionContext, type Actions, printLine, runAction } from "../storage/actions.ts";
import { UsageError } from "../usage-error.ts";

const ACTIONS: Actions = {
  build: { operands: "<file> [functions...]", run: build },
  inspect: { operands: "<file> [functions...]", run: inspect },
  list: { operands: "", run: list },
};

/** Builds images of an app with Docker of this machine, and tells of them. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("image", ACTIONS, invocation);
}

async function build({ name: file, rest, json, options }: ActionContext): Promise<void> {
  const { images, loaded } = await imagesOf(file, rest);
  if (options["print"] === true) {
    printLine(images.map(dockerfileText).join("\n").trimEnd());
    return;
  }
  const publishAs = publishName(options["publish"], images);
  const inputs = await buildInputs(loaded, file, images);
  const { buildImage } = await import("../../lib/local/images/build-image.ts");
  const steps = createSteps(toAwsOptions(options));
  const built: object[] = [];
  for (const one of images) {
    const start = performance.now();
    const { tag, steps: counted } = await buildImage({
      ...inputs,
      image: one.image,
      isForced: options["force"] === true || process.env["WINDLASS_FORCE_BUILD"] === "1",
      onStep: (instruction) => steps.progress(`${imageText(one)}: ${instruction}`),
      onLine: (line) => steps.detail(line),
    });
    tell(steps, one, { ...counted, seconds: secondsSince(start) });
    if (publishAs !== undefined) await publish(loaded, publishAs, tag);
    built.push({ hash: one.image.hash, functions: one.functions, tag, steps: counted });
  }
  if (json) printLine(JSON.stringify(built));
}

interface Told {
  readonly total: number;
  readonly run: number;
  readonly seconds: string;
}

function tell(steps: Steps, one: AppImage, { total, run, seconds }: Told): void {
  const what = total === 0 ? "is there: 0 steps run" : `${run} of ${total} steps run, ${seconds}`;
  steps.done(`${imageText(one)}: ${what}`);
}

function publishName(given: unknown, images: readonly AppImage[]): string | undefined {
  if (given === undefined) return undefined;
  throwViolations("--publish", checkImageName(given, "--publish"), publishName);
  if (images.length === 1) return String(given);
  throw new UsageError("WINDLASS_USAGE", `\`--publish\` names one image, not ${images.length}`, {
    hint: "name a function that has it: `windlass image build app.ts resize --publish base`",
  });
}

async function publish({ project }: LoadedApp, name: string, tag: string): Promise<void> {
  const { nameImage } = await import("../../lib/local/images/publish.ts");
  nameImage(project.stateDirectory, { name, tag, at: new Date().toISOString() });
}

async function inspect({ name: file, rest, json }: ActionContext): Promise<void> {
  const { images } = await imagesOf(file, rest);
  const { imageTag } = await import("../../lib/local/images/build-image.ts");
  const { inspectImage } = await import("../../lib/local/images/list-images.ts");
  const all = [];
  for (const { image, functions } of images) {
    const tag = imageTag(image);
    const built = image.isForced ? undefined : await inspectImage(tag);
    const { createdAt = null, bytes = null } = built ?? {};
    all.push({ functions, ...image, tag, isBuilt: built !== undefined, createdAt, bytes });
  }
  if (json) printLine(JSON.stringify(all));
  else printLine(all.map(inspectionText).join("\n\n"));
}

type Inspected = AppImage["image"] & {
  readonly functions: readonly string[];
  readonly tag: string;
  readonly createdAt: string | null;
  readonly bytes: number | null;
};

function inspectionText(image: Inspected): string {
  const { hash, base, platform, functions, tag, createdAt, bytes, layers, files, secrets } = image;
  const built = createdAt === null ? "not here" : `${createdAt}, ${inWords(bytes ?? 0)}`;
  const rows: readonly (readonly [string, string])[] = [
    ["image", hash],
    ["functions", functions.join(", ")],
    ["base", `${base}, ${platform}`],
    ["files", files.map(({ path }) => path).join(", ") || "none"],
    ["secrets", secrets.map(({ id }) => id).join(", ") || "none"],
    ["tag", tag],
    ["built", built],
  ];
  return [
    ...rows.map(([name, value]) => `${name.padEnd(12)}${value}`),
    ...layers.flatMap(({ hash: own, commands }) => [
      `layer       ${own.slice(0, SHORT_HASH)}`,
      ...commands.map((command) => `  ${command}`),
    ]),
  ].join("\n");
}

async function list({ json }: ActionContext): Promise<void> {
  const { listImages } = await import("../../lib/local/images/list-images.ts");
  const images = await listImages();
  if (json) {
    printLine(JSON.stringify(images));
    return;
  }
  for (const { hash, base, bytes, createdAt, tag } of images) {
    const short = hash.slice(0, SHORT_HASH);
    printLine(`${short}  ${inWords(bytes).padStart(8)}  ${createdAt}  ${base}  ${tag}`);
  }
}

function dockerfileText(one: AppImage): string {
  return `# ${imageText(one)}\n${one.image.dockerfile}`;
}
