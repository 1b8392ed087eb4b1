// Stickiness by a cookie of the load balancer's.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#duration-based-stickiness
const COOKIE = "AWSALB";

function isOn({ attributes }) {
  const type = attributes["stickiness.type"] ?? "lb_cookie";
  return attributes["stickiness.enabled"] === "true" && type === "lb_cookie";
}

/** The target that the request's cookie names, while it is registered and healthy. */
export function stuckTarget(exchange, group) {
  if (!isOn(group.spec)) return undefined;
  const cookies = (exchange.header("cookie") ?? "").split(/;\s*/);
  const value = cookies.find((one) => one.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  const named = value === undefined ? undefined : read(value);
  return named?.group === group.spec.arn && named.until > Date.now()
    ? group.find(named)
    : undefined;
}

/** The answer's cookie, which begins its time anew. */
export function stickTo(exchange, { spec }, target) {
  if (!isOn(spec)) return;
  const seconds = Number(spec.attributes["stickiness.lb_cookie.duration_seconds"] ?? 86_400);
  const until = Date.now() + seconds * 1000;
  const { id, port } = target.spec;
  const value = Buffer.from(JSON.stringify({ group: spec.arn, id, port, until })).toString(
    "base64url",
  );
  const common = `${value}; Expires=${new Date(until).toUTCString()}; Path=/`;
  exchange.added = [
    ...exchange.added.filter(([, text]) => !text.startsWith(COOKIE)),
    ["Set-Cookie", `${COOKIE}=${common}`],
    ["Set-Cookie", `${COOKIE}CORS=${common}; SameSite=None; Secure`],
  ];
}

function read(value) {
  try {
    return JSON.parse(Buffer.from(value, "base64url").toString());
  } catch {
    return undefined; // It is somebody else's.
  }
}
