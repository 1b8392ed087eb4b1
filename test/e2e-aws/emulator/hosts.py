"""ECS container instances: ministack runs every task without one. Here an instance boots, registers, holds tasks, dies."""
import json
import threading
import time
import uuid

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, request_scope
from ministack.services import ecs

import control
import events
import placement
import shapes
import tokens

_hosts = {}  # by container instance ARN


def invalid(message):
    return error_response_json("InvalidParameterException", message, 400)


def cluster_of(data):
    """(cluster record, None) or (None, the refusal): AWS makes no cluster on the way."""
    cluster = ecs._clusters.get(ecs._resolve_cluster_name(data.get("cluster")))
    if cluster is None:
        return None, error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
    return cluster, None


def hosts_in(cluster):
    return [host for host in _hosts.values() if host["clusterArn"] == cluster["clusterArn"]]


def tasks_on(host):
    return [t for t in ecs._tasks.values() if t.get("_host") == host["arn"] and t["lastStatus"] != "STOPPED"]


def remaining(host):
    """What the tasks that have not stopped leave of the host."""
    cpu, memory, gpus = host["cpu"], host["memory"], list(host["gpus"])
    for task in tasks_on(host):
        cpu -= task["_needs"]["CPU"]
        memory -= task["_needs"]["MEMORY"]
        taken = {gpu for ids in task["_gpus"].values() for gpu in ids}
        gpus = [gpu for gpu in gpus if gpu not in taken]
    return cpu, memory, gpus


def resources(cpu, memory, gpus):
    return [
        {"name": "CPU", "type": "INTEGER", "integerValue": cpu},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": memory},
        {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22", "2375", "2376", "51678", "51679"]},
        {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": []},
        *([{"name": "GPU", "type": "STRINGSET", "stringSetValue": gpus}] if gpus else []),
    ]


def described(host):
    tasks = tasks_on(host)
    return {
        "containerInstanceArn": host["arn"],
        "ec2InstanceId": host["ec2InstanceId"],
        "version": host["version"],
        "versionInfo": {"agentVersion": "1.106.2", "dockerVersion": "DockerVersion: 25.0.16"},
        "remainingResources": resources(*remaining(host)),
        "registeredResources": resources(host["cpu"], host["memory"], host["gpus"]),
        "status": host["status"],
        "agentConnected": host["agentConnected"],
        "runningTasksCount": sum(t["lastStatus"] == "RUNNING" for t in tasks),
        "pendingTasksCount": sum(t["lastStatus"] != "RUNNING" for t in tasks),
        "attributes": [{"name": n, **({"value": v} if v != "" else {})} for n, v in host["attributes"].items()],
        "registeredAt": host["registeredAt"],
        "attachments": [],
        "tags": host["tags"],
    }


def facts(host):
    shown = described(host)
    return {
        name: str(shown[name]).lower() if name == "agentConnected" else shown[name]
        for name in ("ec2InstanceId", "status", "agentConnected", "runningTasksCount", "pendingTasksCount", "registeredAt")
    } | {"agentVersion": "1.106.2", "containerInstance": host["arn"]}


def changed(host, cluster):
    host["version"] += 1
    cluster["registeredContainerInstancesCount"] = len(hosts_in(cluster))
    events.container_instance_changed(described(host), cluster)


def register(cluster, instance_id, cpu, memory, gpus, attributes, tags=()):
    arn = (
        f"arn:aws:ecs:{get_region()}:{get_account_id()}:container-instance/"
        f"{cluster['clusterName']}/{uuid.uuid4().hex}"
    )
    host = {
        "arn": arn, "clusterArn": cluster["clusterArn"], "ec2InstanceId": instance_id, "version": 0,
        "cpu": cpu, "memory": memory, "gpus": gpus, "attributes": attributes, "status": "ACTIVE",
        "agentConnected": True, "registeredAt": time.time(), "tags": list(tags),
        "scope": (get_account_id(), get_region()),
    }
    _hosts[arn] = host
    changed(host, cluster)
    return host


def register_instance(cluster_name, instance, attributes):
    """What the agent of a booted instance does. Without the cluster it has nowhere to register."""
    cluster = ecs._clusters.get(cluster_name)
    if cluster is None:
        return
    cpus, memory, gpus = shapes.shape_of(instance["InstanceType"])
    own = {
        "ecs.availability-zone": instance["Placement"]["AvailabilityZone"],
        "ecs.instance-type": instance["InstanceType"],
        "ecs.ami-id": instance["ImageId"],
        "ecs.os-type": "linux",
        "ecs.cpu-architecture": instance["Architecture"],
        "ecs.subnet-id": instance["SubnetId"],
        "ecs.vpc-id": instance["VpcId"],
    }
    gpu_ids = [f"GPU-{uuid.uuid4()}" for _ in range(gpus)]
    register(cluster, instance["InstanceId"], cpus * 1024, shapes.registered_memory(memory), gpu_ids, {**own, **attributes})


def leave(host):
    """The host is gone: its tasks have stopped, and it is no longer in its cluster."""
    with request_scope(*host["scope"]):
        for task in tasks_on(host):
            reason = f"Host EC2 (instance {host['ec2InstanceId']}) terminated."
            ecs._mark_task_stopped(task["taskArn"], task, reason, "TerminationNotice")
            _kill(task)
            ecs._cleanup_task_resources(task, ecs._get_docker())
        cluster = ecs._clusters.get(host["clusterArn"].rsplit("/", 1)[-1])
        _hosts.pop(host["arn"], None)
        host.update(status="INACTIVE", agentConnected=False)
        if cluster:
            changed(host, cluster)


def instance_ended(instance_id):
    """Power is off at once: containers die now; ECS notices after `leave-delay` seconds (about 30 on AWS, 0 here)."""
    for host in [h for h in _hosts.values() if h["ec2InstanceId"] == instance_id]:
        fault = control.in_force("leave-delay", cluster=host["clusterArn"].rsplit("/", 1)[-1])
        threading.Thread(target=_power_off, args=(host, (fault or {}).get("seconds", 0)), daemon=True).start()


def _power_off(host, delay):
    host["off"] = True
    with request_scope(*host["scope"]):
        for task in tasks_on(host):
            _kill(task)
    time.sleep(delay)
    leave(host)


def _kill(task):
    for container in task.get("_docker_ids") or []:
        try:
            ecs._get_docker().containers.get(container).kill()
        except Exception:  # it has ended by itself
            pass


def is_off(task):
    """Nobody tells ECS what becomes of a task whose host has lost power."""
    return _hosts.get(task.get("_host"), {}).get("off", False)


def find(cluster, reference):
    return next((h for h in hosts_in(cluster) if h["arn"] == reference or h["arn"].endswith(f"/{reference}")), None)


def list_container_instances(data):
    cluster, refusal = cluster_of(data)
    if refusal:
        return refusal
    try:
        arns = [
            h["arn"] for h in hosts_in(cluster)
            if data.get("status") in (None, h["status"])
            and (not data.get("filter") or placement.satisfied(data["filter"], facts(h), h["attributes"]))
        ]
    except placement.InvalidExpression as mistake:
        return invalid(f"Invalid filter: {mistake}")
    first, most = int(data.get("nextToken") or 0), data.get("maxResults", 100)
    page = {"containerInstanceArns": arns[first:first + most]}
    return json_response(page | ({"nextToken": str(first + most)} if first + most < len(arns) else {}))


def _each(data, act):
    cluster, refusal = cluster_of(data)
    if refusal:
        return refusal
    found, failures = [], []
    for reference in data.get("containerInstances", []):
        host = find(cluster, reference)
        if host is None:
            failures.append({"arn": reference, "reason": "MISSING"})
            continue
        act(host, cluster)
        found.append(described(host))
    return json_response({"containerInstances": found, "failures": failures})


def describe_container_instances(data):
    if not data.get("containerInstances"):
        return invalid("Container instances cannot be empty.")
    return _each(data, lambda host, cluster: None)


def update_container_instances_state(data):
    """DRAINING takes a host from placement; tasks that belong to no service go on running."""
    if data.get("status") not in ("ACTIVE", "DRAINING"):
        return invalid("Container instance status should be one of [ACTIVE,DRAINING]")

    def set_status(host, cluster):
        host["status"] = data["status"]
        changed(host, cluster)

    return _each(data, set_status)


def register_container_instance(data):
    cluster, refusal = cluster_of(data)
    if refusal:
        return refusal
    total = {r["name"]: r for r in data.get("totalResources", [])}
    try:
        instance_id = json.loads(data.get("instanceIdentityDocument") or "{}").get("instanceId")
    except ValueError:
        return invalid("Invalid instance identity document.")
    host = register(
        cluster, instance_id, total.get("CPU", {}).get("integerValue", 0), total.get("MEMORY", {}).get("integerValue", 0),
        total.get("GPU", {}).get("stringSetValue", []),
        {a["name"]: a.get("value", "") for a in data.get("attributes", [])}, data.get("tags", []),
    )
    return json_response({"containerInstance": described(host)})


def deregister_container_instance(data):
    cluster, refusal = cluster_of(data)
    if refusal:
        return refusal
    host = find(cluster, data.get("containerInstance", ""))
    if host is None:
        return error_response_json("ClientException", "The referenced container instance was not found.", 400)
    if tasks_on(host) and not data.get("force"):
        return invalid("Found running tasks on the instance.")
    _hosts.pop(host["arn"], None)
    host.update(status="INACTIVE", agentConnected=False)
    changed(host, cluster)
    return json_response({"containerInstance": described(host)})


def container_instances():
    """A cluster has the container instances that registered, with what they have and what their tasks leave of it."""
    ecs._ACTION_MAP.update(
        ListContainerInstances=list_container_instances,
        DescribeContainerInstances=describe_container_instances,
        UpdateContainerInstancesState=update_container_instances_state,
        RegisterContainerInstance=register_container_instance,
        DeregisterContainerInstance=deregister_container_instance,
    )
    plain_reset, plain_look = ecs.reset, ecs._maybe_mark_stopped

    def reset():
        plain_reset()
        _hosts.clear()
        tokens.forget()

    def look(task, *rest):
        if not is_off(task):
            plain_look(task, *rest)

    ecs.reset, ecs._maybe_mark_stopped = reset, look
