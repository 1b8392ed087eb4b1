// Lambda functions as targets. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
import { request } from "node:http";

const LAMBDA = { host: "127.0.0.1", port: 4566 };
const MOST_BYTES = 1024 * 1024;
const TEXT = /^(text\/|application\/(json|javascript|xml)\b)/;

export async function invoke(exchange, { balancer, target, group }) {
  // "WebSockets are not supported. Upgrade requests are rejected with an HTTP 400 code."
  if (exchange.upgrade !== undefined) return exchange.fail(400);
  const body = await bodyOf(exchange.request);
  if (body === undefined) return exchange.fail(413);
  const isMulti = group.attributes["lambda.multi_value_headers.enabled"] === "true";
  const event = eventOf(exchange, { body, isMulti, group });
  const idleMs = Number(balancer.attributes["idle_timeout.timeout_seconds"] ?? 60) * 1000;
  const timeout = Math.min(idleMs, exchange.readTimeoutMs);
  const answer = await call(target.id, event, { group, timeout });
  if (answer === "late") return exchange.fail(504);
  const response = answer === undefined ? undefined : responseOf(answer, isMulti);
  if (response === undefined) return exchange.fail(502);
  exchange.added = [...response.pairs, ...exchange.added];
  exchange.reply(response.status, { Server: "awselb/2.0" }, response.body);
}

/** The whole body, or undefined for one that is too long. */
async function bodyOf(incoming) {
  const chunks = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined; // The client has left.
  }
  return Buffer.concat(chunks);
}

function eventOf(exchange, { body, isMulti, group }) {
  const type = exchange.header("content-type") ?? "";
  const isText = TEXT.test(type) && exchange.header("content-encoding") === undefined;
  const headers = exchange.headers.map(([name, value]) => [name.toLowerCase(), value]);
  // Neither decoded nor split further: "You must decode them in your Lambda function."
  const query = exchange.query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => /^([^=]*)=?(.*)$/s.exec(part).slice(1));
  return {
    requestContext: { elb: { targetGroupArn: group.arn } },
    ...{ httpMethod: exchange.method, path: exchange.path },
    ...(isMulti
      ? { multiValueQueryStringParameters: many(query), multiValueHeaders: many(headers) }
      : { queryStringParameters: Object.fromEntries(query), headers: Object.fromEntries(headers) }),
    body: body.toString(isText || body.length === 0 ? "utf8" : "base64"),
    isBase64Encoded: !isText && body.length > 0,
  };
}

function many(pairs) {
  const made = {};
  for (const [name, value] of pairs) {
    made[name] ??= [];
    made[name].push(value);
  }
  return made;
}

/** What the function answered; undefined when it failed or answered too much, "late" when it took too long. */
function call(functionArn, event, { group, timeout }) {
  const [, , , region, account] = group.arn.split(":");
  const credential = `${account}/20261101/${region}/lambda/aws4_request`;
  return new Promise((resolve) => {
    const path = `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`;
    const Authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none`;
    const asked = request({ ...LAMBDA, path, method: "POST", headers: { Authorization } });
    const timer = setTimeout(() => {
      resolve("late");
      asked.destroy();
    }, timeout);
    asked.on("response", async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      clearTimeout(timer);
      const bytes = Buffer.concat(chunks);
      const isRefused =
        response.statusCode !== 200 || response.headers["x-amz-function-error"] !== undefined;
      resolve(isRefused || bytes.length > MOST_BYTES ? undefined : bytes.toString());
    });
    asked.on("error", () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    asked.end(JSON.stringify(event));
  });
}

/** Undefined for an answer that is not in the form that a load balancer takes. */
function responseOf(text, isMulti) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  const {
    statusCode,
    headers = {},
    multiValueHeaders = {},
    body = "",
    isBase64Encoded,
  } = answer ?? {};
  if (!Number.isInteger(statusCode) || typeof body !== "string") return undefined;
  // Each kind of target group reads its own field, and no other.
  const given = isMulti ? multiValueHeaders : headers;
  const pairs = Object.entries(given).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, String(one)]),
  );
  const kept = pairs.filter(
    ([name]) => !/^(content-length|transfer-encoding|connection)$/i.test(name),
  );
  return {
    status: statusCode,
    pairs: kept,
    body: Buffer.from(body, isBase64Encoded ? "base64" : "utf8"),
  };
}
