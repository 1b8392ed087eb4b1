import type { AppSpec, FunctionSpec } from "../../lib/spec.ts";

/** What clients, agents and the controller need to know of a deployed app. */
export interface Manifest {
  readonly version: 1;
  readonly app: string;
  readonly environment: string;
  readonly bucket: string;
  readonly table: string;
  readonly cluster: string;
  readonly deadLetterQueueUrl: string;
  readonly logGroup: string;
  readonly functions: Readonly<Record<string, ManifestFunction>>;
}

interface ManifestFunction {
  readonly queueUrl: string;
  readonly taskDefinition: string;
  readonly containerName: string;
  readonly spec: FunctionSpec;
}

/** What is only known once the stack is deployed; their tokens may stand in any text. */
export interface Resolved {
  readonly queueUrls: ReadonlyMap<string, string>;
  /** By hash of the image. */
  readonly taskDefinitions: ReadonlyMap<string, string>;
  readonly containerName: string;
}

/** The functions' part of a manifest. */
export function manifestFunctions(
  { functions }: AppSpec,
  { queueUrls, taskDefinitions, containerName }: Resolved,
): Record<string, ManifestFunction> {
  return Object.fromEntries(
    functions.map((spec) => {
      const queueUrl = queueUrls.get(spec.name) ?? "";
      const taskDefinition = taskDefinitions.get(spec.image) ?? "";
      return [spec.name, { queueUrl, taskDefinition, containerName, spec }];
    }),
  );
}
