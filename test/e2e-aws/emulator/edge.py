"""What the program in edge/ needs to know: load balancers, their rules and targets, distributions. It asks several times a second."""
import hashlib
import json
import os
import subprocess
import threading
import time

from ministack.core.responses import request_scope
from ministack.services import alb, cloudfront

import balancing
import control
import ports

PROGRAM = "/opt/windlass/edge/main.mjs"


def _scopes():
    """Every (account, region) that has a load balancer."""
    return sorted({key[:2] for key in list(alb._lbs._data)})


def _load_balancer(record):
    arn = record["LoadBalancerArn"]
    return {
        "arn": arn, "dnsName": record["DNSName"].lower(), "attributes": balancing.attributes_of(alb._lb_attrs, arn),
        "listeners": [_listener(one) for one in alb._listeners.values() if one["LoadBalancerArn"] == arn],
    }


def _listener(record):
    rules = [rule for rule in alb._rules.values() if rule.get("ListenerArn") == record["ListenerArn"]]
    return {
        "port": record["Port"], "protocol": record["Protocol"],
        "rules": [
            {"conditions": rule["Conditions"], "actions": rule["Actions"]} for rule in sorted(rules, key=alb._rule_sort_key)
        ],
    }


def _target(group, one, port):
    state, _, _ = balancing.health_of(group, one, port)
    serial = balancing.serials.get((group["TargetGroupArn"], one, port))
    found = {"id": one, "port": port, "serial": serial, "state": state}
    if group["TargetType"] == "instance":
        check = group["HealthCheckPort"]
        found["reach"] = ports.reach(one, port)
        found["checkReach"] = found["reach"] if check == "traffic-port" else ports.reach(one, check)
    elif group["TargetType"] == "ip":
        found["reach"] = found["checkReach"] = {"address": one, "port": port}
    return found


def _target_group(group):
    arn = group["TargetGroupArn"]
    registered, leaving = balancing.targets_of(group), balancing.drained(arn)
    return {
        "arn": arn, "type": group["TargetType"], "attributes": balancing.attributes_of(alb._tg_attrs, arn),
        "check": {
            "enabled": group["HealthCheckEnabled"] and group["TargetType"] != "lambda", "path": group["HealthCheckPath"],
            "intervalSeconds": group["HealthCheckIntervalSeconds"], "timeoutSeconds": group["HealthCheckTimeoutSeconds"],
            "healthyThreshold": group["HealthyThresholdCount"], "unhealthyThreshold": group["UnhealthyThresholdCount"],
            "matcher": group["Matcher"].get("HttpCode", "200"),
        },
        "targets": [_target(group, one, port) for one, port in registered]
        + [_target(group, one, port) for one, port in leaving if (one, port) not in registered],
    }


def _names(kind):
    """A kind of forwarding as JSON."""
    return kind and {"kind": kind[0], "names": sorted(kind[1] or [])}


def _forwarding(behavior):
    """What of a viewer's request goes on to the origin, by the cache policy and the origin request policy."""
    cache = cloudfront.cache_policy_params(behavior.get("cache_policy_id")) or {}
    policy = behavior.get("origin_request_policy_id")
    request = cloudfront.origin_request_policy_config(policy) if policy else None
    made = {}
    for name, (kind, names) in {
        "headers": ("HeaderBehavior", "Headers"), "cookies": ("CookieBehavior", "Cookies"),
        "query": ("QueryStringBehavior", "QueryStrings"),
    }.items():
        lower = name == "headers"
        made[name] = [
            _names(cloudfront._behavior_kind(source.get(kind, "none"), source.get(names), lowercase=lower))
            for source in (cache, *([request] if request else []))
        ]
    return made


def _behavior(behavior):
    return {
        "pathPattern": behavior["path_pattern"], "origin": behavior["target_origin_id"],
        "viewerProtocolPolicy": behavior["viewer_protocol_policy"], "methods": behavior["allowed_methods"],
        "forward": _forwarding(behavior),
    }


def _attempts(record):
    """Connection attempts by origin id, which ministack does not read."""
    origins = cloudfront._find(cloudfront._find(cloudfront._dist_config_el(record), "Origins"), "Items")
    return {cloudfront._text(one, "Id"): int(cloudfront._text(one, "ConnectionAttempts") or 3) for one in origins}


def _distribution(record):
    parsed, attempts = cloudfront.parse_distribution_dataplane_config(record), _attempts(record)
    return {
        "domainName": record["DomainName"].lower(), "enabled": record["enabled"],
        "behaviors": [_behavior(one) for one in [*parsed["ordered_behaviors"], parsed["default_behavior"]]],
        "origins": {
            key: {
                "domainName": one["domain_name"].lower(), "path": one["origin_path"], "port": one["http_port"],
                "protocolPolicy": one["protocol_policy"], "headers": one["custom_headers"],
                "readTimeoutSeconds": one["read_timeout"], "attempts": attempts.get(key, 3),
            } for key, one in parsed["origins"].items()
        },
    }


def _state():
    made = {"loadBalancers": [], "targetGroups": [], "distributions": []}
    for account, region in _scopes():
        with request_scope(account, region):
            made["loadBalancers"] += [_load_balancer(one) for one in alb._lbs.values()]
            made["targetGroups"] += [_target_group(one) for one in alb._tgs.values()]
    for (account, _), record in list(cloudfront._distributions._data.items()):
        with request_scope(account, "us-east-1"):
            made["distributions"].append(_distribution(record))
    return made


@control.action("edge")
def exchange(fields):
    """{"version", "health": [{"group", "id", "port", "serial", "state", …}]} answers {"version", "state"}, or the version alone."""
    balancing.health.clear()
    balancing.health.update({(one["group"], one["id"], one["port"]): one for one in fields["health"]})
    state = _state()
    version = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
    return {"version": version} if version == fields.get("version") else {"version": version, "state": state}


def data_plane():
    """Requests for load balancers and distributions are answered on a port of their own, by a program of Node's."""

    def run():
        while True:
            begun = time.monotonic()
            subprocess.run(["node", PROGRAM], env={**os.environ, "NODE_OPTIONS": ""}, check=False)
            time.sleep(max(0, 1 - (time.monotonic() - begun)))

    threading.Thread(target=run, daemon=True, name="windlass-edge").start()
