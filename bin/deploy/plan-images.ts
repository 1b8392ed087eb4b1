import type { AppSpec } from "../../lib/spec.ts";
import { type DeployedPorts, deployedImages } from "./deployed-images.ts";
import { type ImageBuilder, whyNotDocker } from "./image-builder.ts";
import { type ImageUris, SHORT_HASH } from "./images.ts";
import type { Steps } from "./steps.ts";

/** Images that Docker has built are in the registry of the CDK's bootstrap, which outlives each app. */
const IN_BOOTSTRAP: RegExp = /\/cdk-[a-z0-9]+-container-assets-/;

export interface ImageRequest {
  readonly spec: AppSpec;
  /** Those that were built elsewhere. */
  readonly images: ImageUris;
  /** Undefined: Docker where it can, else CodeBuild. */
  readonly builder: ImageBuilder | undefined;
  /** A deployed app whose images do as well, where the app to deploy lives no longer than that. */
  readonly lender: string | undefined;
  readonly ports: DeployedPorts;
  readonly steps: Steps;
}

/** How a stack comes to its images. */
export interface ImagePlan {
  /** Those that are there. */
  readonly images: ImageUris;
  /** What becomes of the others. */
  readonly missingImages: "build" | "codebuild";
}

/** Chooses who builds the images of an app, and says so where it is CodeBuild. Looks for those it need not build. */
export async function planImages(request: ImageRequest): Promise<ImagePlan> {
  const { spec, images, builder, lender, ports, steps } = request;
  const missing = spec.images.filter(({ hash }) => images[hash] === undefined);
  const byDocker: ImagePlan = { images, missingImages: "build" };
  if (missing.length === 0 || builder === "docker") return byDocker;
  const reason = builder === undefined ? await whyNotDocker(missing) : "as asked";
  if (reason === undefined) return byDocker;
  const deployed = await deployedImages(ports, spec.name, missing);
  const lent = lender === undefined ? {} : await deployedImages(ports, lender, missing);
  const inBootstrap = Object.entries(deployed).filter(([, uri]) => IN_BOOTSTRAP.test(uri));
  const hashes = missing.map(({ hash }) => hash);
  const unbuilt = hashes.filter((hash) => (deployed[hash] ?? lent[hash]) === undefined);
  if (unbuilt.length > 0) steps.done(`${reason}: ${byCodeBuild(unbuilt)}`);
  return {
    images: { ...lent, ...Object.fromEntries(inBootstrap), ...images },
    missingImages: "codebuild",
  };
}

/** `image 0123456789ab is built by CodeBuild`. */
function byCodeBuild(hashes: readonly string[]): string {
  const names = hashes.map((hash) => hash.slice(0, SHORT_HASH)).join(", ");
  return hashes.length === 1
    ? `image ${names} is built by CodeBuild`
    : `images ${names} are built by CodeBuild`;
}
