import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { FileAssetPackaging, Stack, Stage } from "aws-cdk-lib";
import { Construct } from "constructs";
import type { Manifest, ManifestFunction, ManifestWeb } from "../../lib/aws/manifest.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { AppSpec, FunctionSpec } from "../../lib/spec.ts";
import { cutManifest } from "../deployment/manifest-text.ts";

/** What is only known once the stack is deployed; their tokens may stand in any text. */
export interface Resolved {
  readonly queueUrls: ReadonlyMap<string, string>;
  readonly taskDefinitionOf: (spec: FunctionSpec) => string;
  readonly containerName: string;
  /** Roles of functions that have their own, by their names. */
  readonly taskRoles: ReadonlyMap<string, string>;
  /** How requests reach those that answer any, by their names. */
  readonly webs: ReadonlyMap<string, ManifestWeb>;
}

/** The functions' part of a manifest. */
export function manifestFunctions(
  { functions }: AppSpec,
  { queueUrls, taskDefinitionOf, containerName, taskRoles, webs }: Resolved,
): Record<string, ManifestFunction> {
  return Object.fromEntries(
    functions.map((spec) => {
      const queueUrl = queueUrls.get(spec.name) ?? "";
      const taskDefinition = taskDefinitionOf(spec);
      const taskRole = taskRoles.get(spec.name);
      const web = webs.get(spec.name);
      const own = {
        ...(taskRole !== undefined && { taskRole }),
        ...(web !== undefined && { web }),
      };
      return [spec.name, { queueUrl, taskDefinition, containerName, ...own, spec }];
    }),
  );
}

/**
 * A manifest as an asset, with holes for what only the deployment knows: CloudFormation hands properties to the
 * deployment function in an event, the former ones beside the new ones, and an event has room for 256 KiB.
 */
export class StagedManifest extends Construct {
  readonly bucketName: string;
  readonly objectKey: string;
  /** What fills the holes, in their order. */
  readonly values: readonly string[];

  constructor(scope: Construct, id: string, manifest: Manifest) {
    super(scope, id);
    const { text, values } = cutManifest(JSON.stringify(manifest));
    this.values = values;
    const stack = Stack.of(this);
    const sourceHash = sha256(text);
    const fileName = writeAsset(stack, `asset.${sourceHash}.manifest`, text);
    const { bucketName, objectKey } = stack.synthesizer.addFileAsset({
      displayName: this.node.path,
      fileName,
      packaging: FileAssetPackaging.FILE,
      sourceHash,
    });
    this.bucketName = bucketName;
    this.objectKey = objectKey;
  }
}

/** Writes a file into the assembly; its path from where the stack's own files are. */
function writeAsset(stack: Stack, name: string, text: string): string {
  // Each stack is within an app, which is a stage.
  const stage = Stage.of(stack) as Stage;
  const file = join(stage.assetOutdir, name);
  writeFileSync(file, text);
  return relative(stage.outdir, file);
}
