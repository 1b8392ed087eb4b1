// Headers that a load balancer adds to what it forwards.
import { randomBytes } from "node:crypto";
import { withHeader } from "./exchange.mjs";

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html */
export function withForwarded(exchange, { balancer, listener }) {
  const mode = balancer.attributes["routing.http.xff_header_processing.mode"] ?? "append";
  const before = exchange.header("x-forwarded-for");
  const appended =
    before === undefined ? exchange.clientAddress : `${before}, ${exchange.clientAddress}`;
  const addresses = { append: appended, preserve: before, remove: undefined }[mode];
  const made = {
    "X-Forwarded-For": addresses,
    "X-Forwarded-Proto": listener.protocol.toLowerCase(),
    "X-Forwarded-Port": String(listener.port),
    "X-Amzn-Trace-Id": traced(exchange.header("x-amzn-trace-id")),
  };
  for (const [name, value] of Object.entries(made)) {
    exchange.headers = withHeader(exchange.headers, name, value);
  }
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html */
function traced(before = "") {
  const id = `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`;
  const fields = before
    .split(";")
    .map((one) => one.trim())
    .filter((one) => one !== "" && !one.startsWith("Self="));
  const isRooted = fields.some((one) => one.startsWith("Root="));
  return [`${isRooted ? "Self" : "Root"}=${id}`, ...fields].join(";");
}
