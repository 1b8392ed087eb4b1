// Forwards to an instance or address: bodies stream both ways, and nothing is tried twice.
import { request } from "node:http";
import { pipeline } from "node:stream";
import { headerOf, passedHeaders, withHeader } from "./exchange.mjs";

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-504-issues
const CONNECT_MS = 10_000;

export function forward(exchange, { target, idleMs }) {
  const { address, port, silent } = target.spec.reach;
  if (silent) return meetSilence(exchange, target);
  // A port on which nothing listens refuses the connection.
  if (address === undefined) return exchange.fail(502);
  const waitMs = Math.min(idleMs, exchange.readTimeoutMs);
  target.agent.idleMs = idleMs;
  const outgoing = request({
    ...{ host: address, port, method: exchange.method, path: exchange.url, timeout: waitMs },
    agent: exchange.upgrade === undefined ? target.agent : false,
    headers: outgoingHeaders(exchange),
  });
  follow(exchange, outgoing, target);
  if (exchange.upgrade !== undefined) {
    outgoing.on("upgrade", (answer, socket, head) =>
      connect(exchange, { answer, socket, head, idleMs }),
    );
    outgoing.end();
  } else {
    exchange.request.pipe(outgoing);
  }
}

/** Nobody there: no answer to the connection's first packet. */
function meetSilence(exchange, target) {
  const timer = setTimeout(() => exchange.fail(504), Math.min(CONNECT_MS, exchange.readTimeoutMs));
  const release = target.hold(() => exchange.fail(502));
  exchange.response.on("close", () => {
    clearTimeout(timer);
    release();
  });
}

/** The answer goes to the client as it comes; 502 where there is none, 504 where none comes in time. */
function follow(exchange, outgoing, target) {
  let isLate = false;
  const release = target.hold(() => outgoing.destroy(new Error("deregistered")));
  outgoing.on("timeout", () => {
    isLate = true;
    outgoing.destroy(new Error("timeout"));
  });
  outgoing.on("response", (answer) => {
    exchange.begin(answer.statusCode, answer.statusMessage, passedHeaders(answer.rawHeaders));
    pipeline(answer, exchange.response, (error) => error && exchange.abort());
  });
  outgoing.on("error", () => {
    if (exchange.isAnswered) exchange.abort();
    else exchange.fail(isLate ? 504 : 502);
  });
  outgoing.on("close", release);
  // A client that leaves takes its request with it.
  exchange.response.on("close", () => {
    if (!exchange.response.writableFinished) outgoing.destroy();
  });
}

/** WebSockets, and what else both sides agree on: bytes both ways while none of them is idle for too long. */
function connect(exchange, { answer, socket, head, idleMs }) {
  const { socket: client, head: first } = exchange.upgrade;
  const release = () => {
    client.destroy();
    socket.destroy();
  };
  const lines = [...pairsOf(answer.rawHeaders), ...exchange.added].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  exchange.response.detachSocket(client);
  client.write(`HTTP/1.1 101 ${answer.statusMessage}\r\n${lines.join("")}\r\n`);
  client.write(head);
  socket.write(first);
  for (const [from, to] of [
    [client, socket],
    [socket, client],
  ]) {
    from.setNoDelay(true);
    from.setTimeout(idleMs, release);
    from.on("error", release);
    from.on("close", release);
    from.pipe(to);
  }
}

function pairsOf(rawHeaders) {
  return Array.from({ length: rawHeaders.length / 2 }, (_, n) => [
    rawHeaders[2 * n],
    rawHeaders[2 * n + 1],
  ]);
}

/** Those of the client, with the framing that its body needs. */
function outgoingHeaders({ headers, request: incoming, upgrade, method }) {
  // The client's port is none of the target's business: see the Host that AWS sends for listeners on 80 and 443.
  const host = (headerOf(headers, "host") ?? "").split(":")[0];
  const pairs = withHeader(headers, "Host", host);
  if (upgrade !== undefined) {
    return [...pairs, ["Connection", "Upgrade"], ["Upgrade", incoming.headers.upgrade]];
  }
  if (incoming.headers["transfer-encoding"] !== undefined)
    return [...pairs, ["Transfer-Encoding", "chunked"]];
  const needsLength =
    incoming.headers["content-length"] === undefined && /^(POST|PUT|PATCH)$/.test(method);
  return needsLength ? [...pairs, ["Content-Length", "0"]] : pairs;
}
