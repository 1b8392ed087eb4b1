import type { StandardIssue, StandardSchema } from "../../lib/standard-schema.ts";
import type { Problem } from "./problem.ts";

/** What a schema makes of a part of a request, or what is wrong with that. */
export type Validated =
  | { readonly value: unknown; readonly problems?: undefined }
  | { readonly problems: readonly Problem[] };

/** Asks a schema about a part of a request; answers at once where the schema does. */
export function validate(
  schema: StandardSchema,
  part: Problem["in"],
  value: unknown,
): Validated | Promise<Validated> {
  const result = schema["~standard"].validate(value);
  if (!(result instanceof Promise)) return toValidated(result, part);
  return result.then((answered) => toValidated(answered, part));
}

function toValidated(
  result: { readonly value?: unknown; readonly issues?: readonly StandardIssue[] | undefined },
  part: Problem["in"],
): Validated {
  if (result.issues === undefined) return { value: result.value };
  return { problems: result.issues.map((issue) => toProblem(issue, part)) };
}

function toProblem({ message, path = [] }: StandardIssue, part: Problem["in"]): Problem {
  const keys = path.map((step) => String(typeof step === "object" ? step.key : step));
  return { in: part, path: keys.join("."), message };
}
