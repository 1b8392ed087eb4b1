import { Fn, type IResolvable, Lazy } from "aws-cdk-lib";
import type { Manifest, ManifestFunction } from "../../lib/aws/manifest.ts";
import type { AppSpec } from "../../lib/spec.ts";

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

/**
 * A manifest as text: one substitution, in which each value that is known at deployment stands once. A join would be
 * cut at each of them, and takes as long to synthesize as everything else of a large app.
 */
export function manifestText(manifest: Manifest): IResolvable {
  const substitution = toSubstitution(JSON.stringify(manifest));
  // The CDK prepares by looking for values of other stacks: all of these are of this one.
  return Lazy.uncachedAny({
    produce: ({ preparing }) => (preparing ? undefined : substitution),
  });
}

function toSubstitution(manifest: string): string {
  const variables = new Map<string, string>();
  const nameOf = (token: string): string => {
    const name = variables.get(token) ?? `v${variables.size}`;
    variables.set(token, name);
    return name;
  };
  const text = manifest.replaceAll(
    /\$\{Token\[[^\]]*\]\}|\$\{/g,
    // A "${" of the user's is not a variable.
    (match) => (match === "${" ? "${!" : `\${${nameOf(match)}}`),
  );
  return Fn.sub(text, Object.fromEntries([...variables].map(([token, name]) => [name, token])));
}
