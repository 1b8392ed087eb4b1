import type { SchemaOutput, StandardSchema } from "../standard-schema.ts";
import type { JwtClaims } from "./jwt-claims.ts";
import type { AccessOptions, RouteOptions } from "./options.ts";

/** What `:name` in a path stands for, and `*` for what follows it. */
export type PathParams<Path extends string> = Path extends `${infer Head}/${infer Tail}`
  ? PathParam<Head> & PathParams<Tail>
  : PathParam<Path>;

type PathParam<Segment extends string> = Segment extends `:${infer Name}`
  ? { readonly [Key in Name]: string }
  : Segment extends "*"
    ? { readonly "*": string }
    : unknown;

/** A query without a schema: a name that is given several times has all its values. */
export type QueryValues = Readonly<Record<string, string | readonly string[]>>;

/** Options that say nothing may be those of any endpoint. */
type ClaimsOf<Options> = Options extends { readonly auth: { readonly jwt: unknown } }
  ? JwtClaims
  : RouteOptions extends Options
    ? JwtClaims | undefined
    : undefined;

/** What the handler of an endpoint is given. */
export interface EndpointRequest<
  Options extends RouteOptions & Pick<AccessOptions, "auth"> = RouteOptions,
> {
  /** What stands in the path for its `:names`, decoded. */
  readonly params: Options["path"] extends string ? PathParams<Options["path"]> : unknown;
  /** What the schema made of the query, or the query as it is. */
  readonly query: Options["query"] extends StandardSchema
    ? SchemaOutput<Options["query"]>
    : QueryValues;
  /** What the schema made of the body. Without a schema nothing has read it: it is `request.body`, a stream. */
  readonly body: Options["body"] extends StandardSchema ? SchemaOutput<Options["body"]> : undefined;
  /** What the JSON Web Token says that was let in, with `auth: { jwt }`. */
  readonly auth: ClaimsOf<Options>;
  readonly headers: Headers;
  /** All of it, as the Fetch standard has it. */
  readonly request: Request;
  /** Aborts when the client has gone, and when `timeoutSeconds` have passed. */
  readonly signal: AbortSignal;
}
