import { createRequire } from "node:module";
import type * as Differences from "@aws-cdk/cloudformation-diff";
import type { Template } from "../../lib/plan/template.ts";
import type { StackTemplates } from "./synthesize-stack.ts";

/** What becomes of a resource when a stack is updated. */
export interface ResourceChange {
  /** `replaced`: another is made in its place, and it goes with what it holds. */
  readonly kind: "added" | "removed" | "changed" | "replaced";
  /** Its logical id, after that of its nested stack and `/`. */
  readonly id: string;
  readonly type: string;
  /** Properties that change. */
  readonly properties: readonly string[];
  /** Of what is removed: the stack lets go of it, and it stays. Of what is changed: CloudFormation may replace it. */
  readonly remark: "stays" | "may be replaced" | null;
}

/** Says nothing of an app: how often which constructs are used. */
const METADATA = "AWS::CDK::Metadata";

/** What an update changes, sorted by kind and id. Without `before` all is added. */
export function diffTemplates(
  before: StackTemplates | undefined,
  after: StackTemplates,
): ResourceChange[] {
  const { fullDiff } = loadDifferences();
  const { resources } = fullDiff(flat(before ?? { main: {}, nested: {} }), flat(after));
  const changes = Object.entries(resources.changes).flatMap(([id, change]) => toChange(id, change));
  const order = ["added", "removed", "replaced", "changed"];
  return changes.sort(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.id < b.id ? -1 : 1),
  );
}

/** It is the toolkit's own, in the version that the toolkit was tested with. */
function loadDifferences(): typeof Differences {
  const toolkit = createRequire(import.meta.url).resolve("@aws-cdk/toolkit-lib/package.json");
  return createRequire(toolkit)("@aws-cdk/cloudformation-diff") as typeof Differences;
}

function toChange(id: string, change: Differences.ResourceDifference): ResourceChange[] {
  const type = change.newResourceType ?? change.oldResourceType ?? "";
  if (type === METADATA) return [];
  const properties = Object.keys(change.propertyUpdates).sort();
  const told = { id, type, remark: null };
  if (change.isAddition) return [{ ...told, kind: "added", properties: [] }];
  if (change.isRemoval) {
    const remark = String(change.changeImpact) === "WILL_ORPHAN" ? "stays" : null;
    return [{ ...told, kind: "removed", properties: [], remark }];
  }
  const impact = String(change.changeImpact);
  // What is said about a resource beside its properties is not what AWS has.
  if (properties.length === 0 && impact !== "WILL_REPLACE") return [];
  if (impact === "WILL_REPLACE") return [{ ...told, kind: "replaced", properties }];
  const remark = impact === "MAY_REPLACE" ? "may be replaced" : null;
  return [{ ...told, kind: "changed", properties, remark }];
}

/** Resources of nested stacks beside those of the stack. */
function flat({ main, nested }: StackTemplates): Template {
  const inner = Object.entries(nested).flatMap(([stack, { Resources = {} }]) =>
    Object.entries(Resources).map(([id, resource]) => [`${stack}/${id}`, resource] as const),
  );
  return { ...main, Resources: { ...main.Resources, ...Object.fromEntries(inner) } };
}
