/** A request as a load balancer invokes a function with it [ALB Lambda targets, multi-value headers]. */
export interface AlbEvent {
  readonly requestContext: { readonly elb: { readonly targetGroupArn: string } };
  readonly httpMethod: string;
  readonly path: string;
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[]>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** What it is answered with; at most 1 MB. */
export interface AlbAnswer {
  readonly statusCode: number;
  readonly statusDescription?: string;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** A request as it came. */
export interface FrontRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Values by names in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly query: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** The load balancer passes names and values of a query as they were written, still encoded. */
export function toRequest(event: AlbEvent): FrontRequest {
  const { httpMethod: method, path, body, isBase64Encoded } = event;
  const query = Object.entries(event.multiValueQueryStringParameters ?? {});
  const text = query.flatMap(([name, values]) => values.map((value) => `${name}=${value}`));
  const headers = Object.entries(event.multiValueHeaders ?? {});
  return {
    method,
    url: text.length === 0 ? path : `${path}?${text.join("&")}`,
    headers: new Map(headers.map(([name, values]) => [name.toLowerCase(), values])),
    query: new Map(query.map(([name, values]) => [name, values[0] ?? ""])),
    body: Buffer.from(body ?? "", isBase64Encoded === true ? "base64" : "utf8"),
  };
}

/** An answer; bytes that are no text are sent as base64. */
export function toAnswer(
  status: number,
  headers: readonly (readonly [string, string])[],
  body: Uint8Array,
): AlbAnswer {
  const multiValueHeaders: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    const values = multiValueHeaders[name];
    if (values === undefined) multiValueHeaders[name] = [value];
    else values.push(value);
  }
  return {
    statusCode: status,
    multiValueHeaders,
    body: Buffer.from(body).toString("base64"),
    isBase64Encoded: true,
  };
}
