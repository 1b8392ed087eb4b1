// A distribution: a viewer's request goes to an origin with the headers that the origin asks for.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
import { randomBytes } from "node:crypto";
import { withHeader } from "./exchange.mjs";
import { isForwarded } from "./forwarding.mjs";
import { answerListener } from "./listener.mjs";

// They are forwarded whatever the policies say, or made anew.
const ALWAYS = new Set([
  ...["content-length", "content-type", "range", "if-match", "if-modified-since", "if-none-match"],
  ...["if-range", "if-unmodified-since", "x-forwarded-for"],
  ...[
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-accept",
  ],
  "sec-websocket-extensions",
]);

export function answerViewer(exchange, distribution, place) {
  const behavior = distribution.behaviors.find(
    ({ pathPattern }) =>
      pathPattern === null || pathPattern === undefined || isLike(pathPattern, exchange.path),
  );
  if (!distribution.enabled || behavior === undefined) return refuse(exchange, 403);
  // Without a list, CloudFront takes GET and HEAD.
  if (!(behavior.methods ?? ["GET", "HEAD"]).includes(exchange.method))
    return refuse(exchange, 403);
  const origin = distribution.origins[behavior.origin];
  const balancer = place.loadBalancer(origin.domainName);
  // Nothing ends TLS here, so that only origins that are asked in plain HTTP can be reached.
  if (balancer === undefined || origin.protocolPolicy === "https-only")
    return refuse(exchange, 502);
  const id = randomBytes(28).toString("base64url");
  const via = `1.1 ${randomBytes(16).toString("hex")}.cloudfront.net (CloudFront)`;
  toOrigin(exchange, { behavior, origin, id, via });
  exchange.added = [
    ["X-Cache", "Miss from cloudfront"],
    ["Via", via],
    ["X-Amz-Cf-Pop", "IAD89-P1"],
    ["X-Amz-Cf-Id", id],
  ];
  ask(exchange, { origin, balancer, place });
}

/**
 * A load balancer's answer is the viewer's. An origin that is silent for its response timeout is asked again, as often as
 * it has connection attempts, where the method is GET or HEAD; a viewer whose request had a body gets 504 at once.
 */
function ask(exchange, { origin, balancer, place }) {
  const canRepeat = /^(GET|HEAD)$/.test(exchange.method) && exchange.upgrade === undefined;
  const headers = exchange.headers;
  const added = exchange.added;
  let left = canRepeat ? origin.attempts : 1;
  const attempt = () => {
    left -= 1;
    const begun = performance.now();
    Object.assign(exchange, { headers, added, readTimeoutMs: origin.readTimeoutSeconds * 1000 });
    exchange.instead = (status) => {
      const isSilent = performance.now() - begun >= exchange.readTimeoutMs - 50;
      if (status !== 504 || !isSilent) return false;
      if (left > 0) attempt();
      else refuse(exchange, 504);
      return true;
    };
    answerListener(exchange, { balancer, port: origin.port, place });
  };
  attempt();
}

function toOrigin(exchange, { behavior, origin, id, via }) {
  const { forward } = behavior;
  const cookies = (exchange.header("cookie") ?? "").split(/;\s*/).filter((one) => one !== "");
  const kept = cookies.filter((one) => isForwarded(forward.cookies, one.split("=")[0]));
  const host = isForwarded(forward.headers, "host") ? exchange.header("host") : origin.domainName;
  const agent = isForwarded(forward.headers, "user-agent")
    ? exchange.header("user-agent")
    : undefined;
  let pairs = exchange.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return lower !== "cookie" && (ALWAYS.has(lower) || isForwarded(forward.headers, lower));
  });
  const before = exchange.header("x-forwarded-for");
  const addresses =
    before === undefined ? exchange.clientAddress : `${before}, ${exchange.clientAddress}`;
  const own = {
    ...{ Host: host, "User-Agent": agent ?? "Amazon CloudFront", Via: via, "X-Amz-Cf-Id": id },
    ...{ "X-Forwarded-For": addresses, Cookie: kept.length === 0 ? undefined : kept.join("; ") },
    ...Object.fromEntries(origin.headers),
  };
  for (const [name, value] of Object.entries(own)) pairs = withHeader(pairs, name, value);
  const query = exchange.query
    .split("&")
    .filter((part) => isForwarded(forward.query, part.split("=")[0]));
  const path = `${origin.path}${exchange.path}`;
  exchange.headers = pairs;
  exchange.url = exchange.query === "" || query.length === 0 ? path : `${path}?${query.join("&")}`;
}

function isLike(pattern, path) {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^/?${source.replace(/^\//, "")}$`, "s").test(path);
}

function refuse(exchange, status) {
  exchange.added = [["X-Cache", "Error from cloudfront"]];
  const page = `<html><head><title>ERROR: The request could not be satisfied</title></head><body><h1>${status} ERROR</h1></body></html>\n`;
  exchange.reply(status, { Server: "CloudFront", "Content-Type": "text/html" }, page);
}
