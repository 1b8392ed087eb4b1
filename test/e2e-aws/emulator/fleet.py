"""Instances: bought with errors as AWS gives them, booted into their ECS cluster, ended with all that runs on them."""
import base64
import binascii
import json
import re
import threading
import time

from ministack.core.responses import get_account_id, get_region, new_uuid, request_scope
from ministack.services import ec2

import control
import events
import hosts
import shapes
import tokens

BOOT_SECONDS = 0.3
MESSAGES = {
    "InsufficientInstanceCapacity": "We currently do not have sufficient capacity in the Availability Zone you requested.",
    "UnfulfillableCapacity": "Unable to fulfill capacity due to your request configuration.",
    "VcpuLimitExceeded": "You have requested more vCPU capacity than your current vCPU limit of 0 allows.",
    "MaxSpotInstanceCountExceeded": "Max spot instance count exceeded",
    "UnauthorizedOperation": "You are not authorized to perform this operation.",
    "InvalidFleetConfiguration": "Your requested instance type is not supported in your requested Availability Zone.",
}
CLUSTER = re.compile(r"""ECS_CLUSTER=["']?([A-Za-z0-9_-]+)|^\s*cluster\s*=\s*["']([A-Za-z0-9_-]+)""", re.M)
ATTRIBUTES = re.compile(r"""ECS_INSTANCE_ATTRIBUTES=\\?["']?(\{.*?\})""")


def agent_settings(user_data):
    """(cluster, attributes) as the agent on the instance reads them, or (None, {}) when it has no cluster."""
    try:
        text = base64.b64decode(user_data or "", validate=True).decode("utf-8", "replace")
    except binascii.Error:
        text = user_data
    cluster, attributes = CLUSTER.search(text), ATTRIBUTES.search(text)
    try:
        given = json.loads(attributes[1].replace('\\"', '"')) if attributes else {}
    except ValueError:
        given = {}
    return cluster and (cluster[1] or cluster[2]), {name: str(value) for name, value in given.items()}


def offers(p):
    """The request's overrides in the order in which they are tried: [(specification, type, subnet, zone, priority)]."""
    found, c = [], 1
    while any(key.startswith(f"LaunchTemplateConfigs.{c}.") for key in p):
        spec = {
            field: ec2._p(p, f"LaunchTemplateConfigs.{c}.LaunchTemplateSpecification.{field}")
            for field in ("LaunchTemplateId", "LaunchTemplateName", "Version")
        }
        template, _, refusal = ec2._resolve_launch_template_data(spec)
        if refusal:
            return None, refusal
        o = 1
        while o == 1 or any(key.startswith(f"LaunchTemplateConfigs.{c}.Overrides.{o}.") for key in p):
            prefix = f"LaunchTemplateConfigs.{c}.Overrides.{o}."
            subnet = ec2._p(p, prefix + "SubnetId") or template.get("SubnetId") or ""
            zone = ec2._subnets.get(subnet, {}).get("AvailabilityZone")
            found.append({
                "spec": spec,
                "cluster": agent_settings(template.get("UserData"))[0],
                "type": ec2._p(p, prefix + "InstanceType") or template.get("InstanceType") or "",
                "subnet": subnet,
                "zone": zone or ec2._p(p, prefix + "AvailabilityZone") or f"{get_region()}a",
                "priority": float(ec2._p(p, prefix + "Priority") or len(found)),
            })
            o += 1
        c += 1
    strategies = (ec2._p(p, "OnDemandOptions.AllocationStrategy"), ec2._p(p, "SpotOptions.AllocationStrategy"))
    if "prioritized" in strategies or "capacity-optimized-prioritized" in strategies:
        found.sort(key=lambda offer: offer["priority"])
    return found, None


def error_item(offer, purchase, code):
    spec = offer["spec"]
    template = "".join(
        f"<{tag}>{ec2._esc(spec[field])}</{tag}>"
        for tag, field in (
            ("launchTemplateId", "LaunchTemplateId"), ("launchTemplateName", "LaunchTemplateName"), ("version", "Version"),
        ) if spec[field]
    )
    return (
        f"<item><launchTemplateAndOverrides><launchTemplateSpecification>{template}</launchTemplateSpecification>"
        f"<overrides><instanceType>{ec2._esc(offer['type'])}</instanceType><subnetId>{ec2._esc(offer['subnet'])}</subnetId>"
        f"<availabilityZone>{ec2._esc(offer['zone'])}</availabilityZone></overrides></launchTemplateAndOverrides>"
        f"<lifecycle>{purchase}</lifecycle><errorCode>{code}</errorCode>"
        f"<errorMessage>{ec2._esc(MESSAGES.get(code, code))}</errorMessage></item>"
    )


def refusal_of(offer, purchase):
    if shapes.shape_of(offer["type"]) is None:
        return "InvalidFleetConfiguration"
    facts = {"cluster": offer["cluster"], "instanceType": offer["type"], "zone": offer["zone"]}
    fault = control.struck("fleet", purchase=purchase, **facts)
    return fault and fault.get("code", "InsufficientInstanceCapacity")


def create_fleet(p):
    """The first offer that is for sale is bought, in one zone; those before it are in Errors[], with status 200."""
    if ec2._p(p, "DryRun") == "true":
        return ec2._error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    found, refusal = offers(p)
    if refusal or ec2._p(p, "Type") != "instant":
        return refusal or _plain_create_fleet(p)
    purchase = (ec2._p(p, "TargetCapacitySpecification.DefaultTargetCapacityType") or "on-demand").lower()
    errors = []
    for offer in found:
        code = refusal_of(offer, purchase)
        if code is None:
            return launch(p, offer, errors)
        errors.append(error_item(offer, purchase, code))
    fleet = f"<fleetId>fleet-{new_uuid()}</fleetId><fleetInstanceSet/>"
    return ec2._xml(200, "CreateFleetResponse", f"{fleet}<errorSet>{''.join(errors)}</errorSet>")


def launch(p, offer, errors):
    one = {key: value for key, value in p.items() if not key.startswith("LaunchTemplateConfigs.")}
    prefix = "LaunchTemplateConfigs.1."
    one |= {f"{prefix}LaunchTemplateSpecification.{k}": [v] for k, v in offer["spec"].items() if v}
    one |= {f"{prefix}Overrides.1.InstanceType": [offer["type"]]}
    one |= {f"{prefix}Overrides.1.SubnetId": [offer["subnet"]]} if offer["subnet"] else {}
    status, headers, body = _plain_create_fleet(one)
    if status >= 400:
        return status, headers, body
    fleet = ec2._fleets[re.search(rb"<fleetId>(.*?)</fleetId>", body)[1].decode()]
    for item in fleet["Instances"]:
        for instance_id in item["InstanceIds"]:
            boot(ec2._instances[instance_id], offer["zone"])
    return status, headers, body.replace(b"<errorSet/>", f"<errorSet>{''.join(errors)}</errorSet>".encode())


def boot(instance, zone):
    """Pending, then running, then in the ECS cluster that its user data names."""
    instance["Placement"]["AvailabilityZone"] = zone
    instance["State"] = {"Code": 0, "Name": "pending"}
    cluster, attributes = agent_settings(instance["UserData"])
    events.instance_changed(instance["InstanceId"], "pending", cluster)
    fault = control.in_force("boot-delay", cluster=cluster)
    delay = fault["seconds"] if fault else BOOT_SECONDS
    scope = get_account_id(), get_region()

    def run():
        time.sleep(delay / 2)
        with request_scope(*scope):
            if instance["State"]["Name"] != "pending":
                return
            instance["State"] = {"Code": 16, "Name": "running"}
            events.instance_changed(instance["InstanceId"], "running", cluster)
        time.sleep(delay / 2)
        with request_scope(*scope):
            if cluster and instance["State"]["Name"] == "running" and instance["InstanceId"] in ec2._instances:
                hosts.register_instance(cluster, instance, attributes)

    threading.Thread(target=run, daemon=True, name="windlass-boot").start()


def create_fleet_once(p):
    """CreateFleet with a ClientToken that was used buys nothing: it answers as it did the first time."""
    request = {k: v for k, v in p.items() if k not in ("Action", "Version", "ClientToken")}
    message = "Client token already used before with different parameters."
    return tokens.once(
        ("CreateFleet", get_account_id(), get_region()), ec2._p(p, "ClientToken"), request, lambda: create_fleet(p),
        mismatch=lambda answer: ec2._error("IdempotentParameterMismatch", message, 400),
        keep=lambda answer: answer[0] < 400,
    )


def terminate_instances(p):
    status, headers, body = _plain_terminate_instances(p)
    if status < 400:
        for instance_id in ec2._parse_member_list(p, "InstanceId"):
            cluster, _ = agent_settings(ec2._instances[instance_id]["UserData"])
            for state in ("shutting-down", "terminated"):
                events.instance_changed(instance_id, state, cluster)
            hosts.instance_ended(instance_id)
    return status, headers, body


def instances_become_hosts():
    """An instance of an instant fleet boots and joins its ECS cluster; TerminateInstances takes it and its containers away."""
    global _plain_create_fleet, _plain_terminate_instances
    _plain_create_fleet, _plain_terminate_instances = ec2._create_fleet, ec2._terminate_instances
    ec2._ACTION_MAP.update(CreateFleet=create_fleet_once, TerminateInstances=terminate_instances)
