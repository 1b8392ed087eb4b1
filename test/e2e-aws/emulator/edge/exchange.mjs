// A request on its way and its answer, whoever made the answer: a target, a load balancer or CloudFront.

// https://datatracker.ietf.org/doc/html/rfc9110#section-7.6.1: they belong to one connection.
const OF_A_CONNECTION = new Set([
  ...[
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
  ],
  "expect",
]);

/** Raw headers as pairs, without those of the connection. */
export function passedHeaders(rawHeaders) {
  const pairs = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!OF_A_CONNECTION.has(rawHeaders[index].toLowerCase())) {
      pairs.push([rawHeaders[index], rawHeaders[index + 1]]);
    }
  }
  return pairs;
}

export function headerOf(pairs, name) {
  const values = pairs.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(name === "cookie" ? "; " : ", ");
}

export function withHeader(pairs, name, value) {
  const rest = pairs.filter(([one]) => one.toLowerCase() !== name.toLowerCase());
  return value === undefined ? rest : [...rest, [name, value]];
}

export class Exchange {
  /** What CloudFront or stickiness adds to the answer: pairs. */
  added = [];
  /** What CloudFront puts in place of an answer that a load balancer could not get: (status) => true if it did. */
  instead = undefined;
  /** The longest silence of an origin, where CloudFront waits for it. */
  readTimeoutMs = Number.POSITIVE_INFINITY;

  constructor(request, response, upgrade) {
    this.request = request;
    this.response = response;
    this.upgrade = upgrade;
    this.method = request.method;
    this.url = request.url;
    this.headers = passedHeaders(request.rawHeaders);
    this.clientAddress = (request.socket.remoteAddress ?? "").replace("::ffff:", "");
  }

  get path() {
    return this.url.split("?", 1)[0];
  }

  /** The query as it was sent, without the question mark. */
  get query() {
    const at = this.url.indexOf("?");
    return at < 0 ? "" : this.url.slice(at + 1);
  }

  get isAnswered() {
    return this.response.headersSent || this.response.destroyed;
  }

  header(name) {
    return headerOf(this.headers, name);
  }

  /** Begins an answer that is streamed. */
  begin(status, message, pairs) {
    this.response.writeHead(status, message, [...pairs, ...this.added].flat());
    // Events and first bytes leave at once.
    this.response.flushHeaders();
  }

  /** A whole answer; nothing where one has begun. */
  reply(status, headers, body) {
    if (this.isAnswered) return;
    this.request.resume();
    const pairs = [...Object.entries(headers), ...this.added];
    this.response.writeHead(
      status,
      [...pairs, ["Content-Length", String(Buffer.byteLength(body))]].flat(),
    );
    this.response.end(body);
  }

  /** An answer of a load balancer's own, with the page that it has for it. */
  fail(status) {
    if (this.isAnswered) return;
    if (this.instead?.(status)) return;
    const title = `${status} ${TITLES[status]}`;
    const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
    this.reply(status, { Server: "awselb/2.0", "Content-Type": "text/html" }, page);
  }

  /** Ends an answer that has begun and cannot be finished, so that it does not look whole. */
  abort() {
    this.response.destroy();
    this.upgrade?.socket.destroy();
  }
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-error-code-issues
const TITLES = {
  400: "Bad Request",
  401: "Authorization Required",
  404: "Not Found",
  413: "Request Entity Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
};
