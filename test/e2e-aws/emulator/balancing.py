"""Load balancers as the API and templates make them, beside ministack's: rules in full, and targets by id and port.

The data plane is edge/: it reads what is here by `exchange`, and tells the health that it finds.
"""
import itertools
import threading
import time
from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id, get_region
from ministack.services import alb, ec2, lambda_svc
from ministack.services.cloudformation import provisioners

import hosts

# (target group ARN, id, port) -> {"serial", "state", "reason", "description"} as the data plane found it last.
health = {}
# (target group ARN, id, port) -> the number of its registration: a target that comes back is another one.
serials = {}
_numbers = itertools.count(1)
# target group ARN -> {(id, port): when its deregistration delay is over}
draining = {}
_lock = threading.RLock()


def attributes_of(store, arn):
    return {one["Key"]: one["Value"] for one in store.get(arn, [])}


def _port_of(group, target):
    """A target without a port has its group's; a Lambda function has none."""
    return 0 if group["TargetType"] == "lambda" else int(target.get("Port") or group.get("Port") or 80)


def targets_of(group):
    """Registered targets: [(id, port)]."""
    return [(one["Id"], _port_of(group, one)) for one in alb._targets.get(group["TargetGroupArn"], [])]


def drained(arn):
    """Those that are deregistering, with the seconds that are left of the delay; the others are forgotten."""
    with _lock:
        now, some = time.time(), draining.get(arn, {})
        for key in [key for key, until in some.items() if until <= now]:
            del some[key]
        return {key: until - now for key, until in some.items()}


def _is_running(instance_id):
    instance = ec2._instances.get(instance_id)
    if instance is not None:
        return instance["State"]["Name"] == "running"
    return any(host["ec2InstanceId"] == instance_id for host in list(hosts._hosts.values()))


def _may_invoke(function_arn):
    function, _, _ = lambda_svc._get_func_record_for_ref_in_scope(function_arn, account_id=get_account_id(), region=get_region())
    statements = (function or {}).get("policy", {}).get("Statement", [])
    return any(one["Principal"] in ("*", {"Service": "elasticloadbalancing.amazonaws.com"}) for one in statements)


def refusal(group, targets):
    """Why these cannot be registered, as (code, message)."""
    if group["TargetType"] == "lambda":
        for function_arn, _ in targets:
            if not _may_invoke(function_arn):
                return "AccessDenied", f"elasticloadbalancing principal does not have permission to invoke {function_arn} from target group {group['TargetGroupArn']}"
        if len(set(targets) | set(targets_of(group))) > 1:
            return "TooManyTargets", "A target group of type 'lambda' can have one target"
    if group["TargetType"] == "instance":
        absent = sorted({f"'{one}'" for one, _ in targets if not _is_running(one)})
        if absent:
            return "InvalidTarget", f"The following targets are not in a running state and cannot be registered: {', '.join(absent)}"
    return None


def register(group, targets):
    """A target that was draining is new again."""
    arn = group["TargetGroupArn"]
    with _lock:
        known = set(targets_of(group))
        for one, port in targets:
            draining.get(arn, {}).pop((one, port), None)
            if (one, port) not in known:
                known.add((one, port))
                serials[arn, one, port] = next(_numbers)
                alb._targets.setdefault(arn, []).append({"Id": one, "Port": port})


def deregister(group, targets):
    """No new requests; those in flight have the delay's time. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay"""
    arn = group["TargetGroupArn"]
    delay = int(attributes_of(alb._tg_attrs, arn).get("deregistration_delay.timeout_seconds", 300))
    with _lock:
        registered = targets_of(group)
        gone = {(one, port) for one, port in registered if (one, port) in targets or (one, None) in targets}
        alb._targets[arn] = [{"Id": one, "Port": port} for one, port in registered if (one, port) not in gone]
        if group["TargetType"] != "lambda":
            for key in gone:
                draining.setdefault(arn, {})[key] = time.time() + delay


def _asked(params, group, default=True):
    return [
        (one["Id"], _port_of(group, one) if default or "Port" in one else None) for one in alb._parse_targets_param(params)
    ]


def _of_group(act):
    def handler(params):
        group = alb._tgs.get(alb._p(params, "TargetGroupArn"))
        if group is None:
            return alb._error("TargetGroupNotFound", f"Target group '{alb._p(params, 'TargetGroupArn')}' not found.")
        return act(params, group)

    return handler


@_of_group
def register_targets(params, group):
    targets = _asked(params, group)
    refused = refusal(group, targets)
    if refused:
        return alb._error(*refused)
    register(group, targets)
    return alb._empty("RegisterTargets")


@_of_group
def deregister_targets(params, group):
    deregister(group, set(_asked(params, group, default=False)))
    return alb._empty("DeregisterTargets")


def is_used(arn):
    """Whether a listener or a rule forwards to the group."""
    return any(arn in groups_of(rule.get("Actions", [])) for rule in alb._rules.values())


def groups_of(actions):
    return {
        one for action in actions
        for one in [action.get("TargetGroupArn"), *(g["TargetGroupArn"] for g in action.get("ForwardConfig", {}).get("TargetGroups", []))]
        if one
    }


def health_of(group, one, port):
    """(state, reason, description) of https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html."""
    arn = group["TargetGroupArn"]
    if (one, port) in drained(arn):
        return "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
    if (one, port) not in targets_of(group):
        return "unused", "Target.NotRegistered", "Target is not registered to the target group"
    if not is_used(arn):
        return "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
    if group["TargetType"] == "instance" and not _is_running(one):
        return "unused", "Target.InvalidState", "Target is in the stopped or terminated state"
    if group["TargetType"] == "lambda":
        return "healthy", None, None
    found = health.get((arn, one, port))
    if found is None or found["serial"] != serials.get((arn, one, port)):
        return "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
    return found["state"], found.get("reason"), found.get("description")


@_of_group
def describe_target_health(params, group):
    asked = _asked(params, group) or [*targets_of(group), *drained(group["TargetGroupArn"])]
    members = ""
    for one, port in asked:
        state, reason, description = health_of(group, one, port)
        members += (
            f"<member><Target><Id>{escape(one)}</Id>{f'<Port>{port}</Port>' if port else ''}</Target>"
            f"{f'<HealthCheckPort>{port}</HealthCheckPort>' if port else ''}<TargetHealth><State>{state}</State>"
            f"{f'<Reason>{reason}</Reason>' if reason else ''}"
            f"{f'<Description>{escape(description)}</Description>' if description else ''}</TargetHealth></member>"
        )
    return alb._xml(200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>")


def targets_by_port():
    """A target is an id with a port; it becomes healthy by its checks, and drains when it is deregistered."""
    alb._ACTION_MAP.update(
        RegisterTargets=register_targets,
        DeregisterTargets=deregister_targets,
        DescribeTargetHealth=describe_target_health,
    )
    plain_reset = alb.reset

    def reset():
        plain_reset()
        health.clear()
        draining.clear()
        serials.clear()

    alb.reset = reset


def template_target_groups():
    """A target group of a template has its Targets, and exactly those after an update that names others."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::TargetGroup"]
    plain_create, plain_update = handler["create"], handler["update"]

    def wanted(group, properties):
        return [(one["Id"], _port_of(group, one)) for one in properties.get("Targets") or []]

    def put(physical_id, properties):
        group = alb._tgs[physical_id]
        refused = refusal(group, wanted(group, properties))
        if refused:
            raise ValueError(f"{refused[1]} ({refused[0]})")
        register(group, wanted(group, properties))

    def create(logical_id, properties, stack_name):
        created = plain_create(logical_id, properties, stack_name)
        put(created[0], properties)
        return created

    def update(physical_id, old, new, stack_name, logical_id=None):
        updated = plain_update(physical_id, old, new, stack_name, logical_id)
        if updated[0] != physical_id:
            put(updated[0], new)
        elif old.get("Targets") != new.get("Targets"):
            group = alb._tgs[physical_id]
            deregister(group, set(wanted(group, old)) - set(wanted(group, new)))
            put(physical_id, new)
        return updated

    handler.update(create=create, update=update)
