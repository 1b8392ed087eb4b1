import type { WebSpec } from "../../lib/web/web-spec.ts";
import { docsPage } from "./docs-page.ts";
import type { Pages } from "./endpoint-site.ts";

type Endpoints = Extract<WebSpec, { kind: "endpoints" }>;
type Schema = Readonly<Record<string, unknown>>;

/** What an endpoint tells about itself at `/openapi.json` and `/docs`. */
export function docsOf(web: Endpoints, title: string): Pages {
  return new Map([
    [
      "/openapi.json",
      { type: "application/json", text: () => JSON.stringify(openApi(web, title)) },
    ],
    ["/docs", { type: "text/html; charset=utf-8", text: () => docsPage(title) }],
  ]);
}

/** An OpenAPI 3.1 document of routes. Schemas whose library cannot write them allow anything. */
function openApi({ routes, auth, params }: Endpoints, title: string): Schema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}").replace(/\*$/, "{rest}");
    const operation = toOperation(route, path, params);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
  }
  const isJwt = typeof auth === "object";
  const bearer = { type: "http", scheme: "bearer", ...(isJwt && { bearerFormat: "JWT" }) };
  const secured = {
    components: { securitySchemes: { bearer } },
    security: [{ bearer: [] }],
  };
  return {
    openapi: "3.1.0",
    info: { title, version: "1" },
    paths,
    ...(auth === "bearer" || isJwt ? secured : {}),
  };
}

function toOperation(
  route: Endpoints["routes"][number],
  path: string,
  params: Endpoints["params"],
): Schema {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: "path", required: true },
    schema: { type: "string" },
  }));
  const own = queryParameters(route.query);
  // Those of the class are in the query too.
  const ofClass = queryParameters(params).filter(
    (param) => !own.some((one) => one["name"] === param["name"]),
  );
  const parameters = [...inPath, ...ofClass, ...own];
  const body =
    route.method === "GET" ? undefined : (route.body ?? (route.target === null ? undefined : {}));
  return {
    ...(route.target !== null && { operationId: route.target }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: body } } },
    }),
    responses: {
      "200": { description: "What it answers", content: { "application/json": { schema: {} } } },
      ...(parameters.length > 0 || body !== undefined
        ? { "400": { description: "The request is not valid" } }
        : {}),
    },
  };
}

function queryParameters(query: Schema | null): Schema[] {
  const { properties = {}, required = [] } = (query ?? {}) as {
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly required?: readonly string[];
  }; // A JSON Schema of an object.
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: "query", schema },
    required: required.includes(name),
  }));
}
