import { invalidRequest, type Refusal } from "../../../runtime-shim/web/problem.ts";
import { validate } from "../../../runtime-shim/web/validate.ts";
import type { Page } from "../../codec/page.ts";
import { isWindlassError } from "../../errors.ts";
import { toParams } from "../../method-targets.ts";
import type { StandardSchema } from "../../standard-schema.ts";
import { paramsOfQuery } from "../../web/class-params.ts";

/** Parameters that a request says; undefined where it says none, or why it is refused. */
export type ReadParams =
  | { readonly params: Page | undefined; readonly refusal?: undefined }
  | { readonly params?: undefined; readonly refusal: Refusal };

/** Reads the parameters of a class from the query of a request, and validates them. */
export async function readParams(
  query: URLSearchParams,
  {
    name,
    schema,
    json,
  }: {
    readonly name: string;
    readonly schema: StandardSchema;
    readonly json: Readonly<Record<string, unknown>>;
  },
): Promise<ReadParams> {
  try {
    const given = paramsOfQuery(query, json);
    const { problems } = await validate(schema, "query", given ?? {});
    if (problems !== undefined) return { refusal: invalidRequest(problems) };
    // As they were given: their container makes of them what the schema does, as for calls.
    return { params: toParams(name, given === undefined ? [] : [given]) };
  } catch (error) {
    const { code, message } = isWindlassError(error)
      ? error
      : { code: "WINDLASS_INVALID_PARAMS", message: String(error) };
    return { refusal: { status: 400, code, message } };
  }
}
