// A listener of a load balancer: its rules by priority, and what they do.

import { isMatch } from "./conditions.mjs";
import { forward } from "./forward.mjs";
import { withForwarded } from "./forwarded.mjs";
import { invoke } from "./lambda-target.mjs";
import { stickTo, stuckTarget } from "./stickiness.mjs";
import { refusalOf } from "./token-check.mjs";

export function answerListener(exchange, { balancer, port, place }) {
  const listener = listenerOf(balancer, port);
  if (listener === undefined) return exchange.abort();
  const rule = listener.rules.find(({ conditions }) =>
    conditions.every((condition) => isMatch(condition, exchange)),
  );
  const actions = [...rule.actions].sort((one, other) => one.Order - other.Order);
  act(exchange, { balancer, listener, place, actions });
}

/** The first of the actions, and the next where that lets the request through. */
function act(exchange, { actions: [action, ...actions], ...shared }) {
  const given = { ...shared, action };
  if (action.Type === "jwt-validation") {
    refusalOf(exchange, action.JwtValidationConfig)
      .then((status) => {
        if (status === undefined) act(exchange, { ...shared, actions });
        else exchange.fail(status);
      })
      .catch((error) => {
        console.error("edge:", error.message);
        exchange.fail(500);
      });
    return;
  }
  if (action.Type === "fixed-response") return reply(exchange, action.FixedResponseConfig);
  if (action.Type === "redirect") return redirect(exchange, given);
  if (action.Type === "forward") return toGroup(exchange, given);
  console.error(`edge: actions of the type ${action.Type} are not served`);
  exchange.fail(501);
}

/** By the port that the Host names; else the plain one, else whichever there is: nothing here ends TLS. */
function listenerOf({ listeners }, port) {
  const on = (number) => listeners.find((one) => one.port === number);
  return on(port) ?? on(80) ?? on(443) ?? listeners[0];
}

function reply(exchange, { StatusCode, ContentType = "text/plain", MessageBody = "" }) {
  const headers = { Server: "awselb/2.0", "Content-Type": ContentType };
  exchange.reply(Number(StatusCode), headers, MessageBody);
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#redirect-actions */
function redirect(exchange, { listener, action }) {
  const given = action.RedirectConfig;
  const words = {
    protocol: listener.protocol.toLowerCase(),
    host: (exchange.header("host") ?? "").split(":")[0],
    port: String(listener.port),
    path: exchange.path.slice(1),
    query: exchange.query,
  };
  const filled = (text) => text.replace(/#\{(\w+)\}/g, (_, word) => words[word] ?? "");
  const protocol = filled(given.Protocol ?? "#{protocol}").toLowerCase();
  const query = filled(given.Query ?? "#{query}");
  const path = filled(given.Path ?? "/#{path}");
  const place = `${filled(given.Host ?? "#{host}")}:${filled(given.Port ?? "#{port}")}`;
  const Location = `${protocol}://${place}${path}${query === "" ? "" : `?${query}`}`;
  exchange.reply(
    Number(given.StatusCode.replace("HTTP_", "")),
    { Server: "awselb/2.0", Location },
    "",
  );
}

function toGroup(exchange, { balancer, listener, action, place }) {
  const group = place.group(groupOf(action));
  if (group === undefined) return exchange.fail(503);
  withForwarded(exchange, { balancer, listener });
  if (group.spec.type === "lambda") {
    const [target] = group.spec.targets;
    if (target === undefined) return exchange.fail(503);
    return invoke(exchange, { balancer, target, group: group.spec });
  }
  const target = stuckTarget(exchange, group) ?? group.pick();
  // "The target groups for the load balancer have no registered targets, or all are in an unused state."
  if (target === undefined) return exchange.fail(503);
  stickTo(exchange, group, target);
  const idleMs = Number(balancer.attributes["idle_timeout.timeout_seconds"] ?? 60) * 1000;
  forward(exchange, { target, idleMs });
}

/** One of the groups of an action, by their weights. */
function groupOf({ TargetGroupArn, ForwardConfig }) {
  const groups = ForwardConfig?.TargetGroups ?? [{ TargetGroupArn, Weight: 1 }];
  const total = groups.reduce((sum, { Weight }) => sum + Weight, 0);
  let thrown = Math.random() * total;
  return groups.find(({ Weight }) => {
    thrown -= Weight;
    return thrown < 0;
  })?.TargetGroupArn;
}
