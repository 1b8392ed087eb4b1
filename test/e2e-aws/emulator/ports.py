"""Ports of hosts. In bridge mode a container's port is one of its host's, chosen when it starts where the mapping says 0.

Nothing is published on this machine: many hosts share it. (instance, host port) leads to the container's own address.
"""
import threading

from ministack.services import ecs, ecs_metadata

import hosts

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html: the ephemeral range of Linux.
FIRST, LAST = 32768, 60999
RESERVED = {22, 2375, 2376, 51678, 51679}

_mapped = {}  # (host ARN, protocol, host port) -> {"task", "containerPort", "address"}
_lock = threading.Lock()


def fixed(definition):
    """The host ports that a task definition names itself."""
    if definition.get("networkMode", "bridge") != "bridge":
        return set()
    return {
        (one.get("protocol", "tcp"), one["hostPort"])
        for container in definition["containerDefinitions"]
        for one in container.get("portMappings", []) if one.get("hostPort")
    }


def are_free(host, wanted):
    return all(
        number not in RESERVED and (host["arn"], protocol, number) not in _mapped for protocol, number in wanted
    )


def take_fixed(host, task_arn, wanted):
    """A task holds the ports that it names from its placement on."""
    with _lock:
        for protocol, number in wanted:
            _mapped[host["arn"], protocol, number] = {"task": task_arn, "containerPort": None, "address": None}


def _map(host_arn, task_arn, mapping):
    """(protocol, container port, host port): the lowest free one, so that ports come back as soon as they can."""
    protocol, number = mapping.get("protocol", "tcp"), mapping.get("hostPort") or 0
    with _lock:
        if not number:
            number = next(n for n in range(FIRST, LAST + 1) if (host_arn, protocol, n) not in _mapped)
        held = {"task": task_arn, "containerPort": mapping["containerPort"], "address": None}
        _mapped[host_arn, protocol, number] = held
    return protocol, mapping["containerPort"], number


def release(task_arn):
    """The ports are free once the task's containers have ended."""
    with _lock:
        for key in [key for key, held in _mapped.items() if held["task"] == task_arn]:
            del _mapped[key]


def reach(instance_id, port, protocol="tcp"):
    """What a connection to the port of an instance meets: {"address", "port"}, {"refused"}, or {"silent"} without power."""
    host = next((h for h in list(hosts._hosts.values()) if h["ec2InstanceId"] == instance_id), None)
    if host is None or host.get("off"):
        return {"silent": True}
    held = _mapped.get((host["arn"], protocol, int(port)))
    if held is None or held["address"] is None:
        return {"refused": True}
    return {"address": held["address"], "port": held["containerPort"]}


def host_ports():
    """DescribeTasks, the RUNNING event and the metadata of a task say which port of its host leads to a container."""
    plain_attach, plain_arguments = ecs._attach_started_container, ecs._build_run_kwargs
    plain_cleanup, plain_reset, plain_stopped = ecs._cleanup_task_resources, ecs.reset, ecs._mark_task_stopped

    def arguments(container, definition, env, bindings, network, host_mode, task_id, task_arn, *rest):
        made = plain_arguments(container, definition, env, bindings, network, host_mode, task_id, task_arn, *rest)
        task = ecs._tasks.get(task_arn) or {}
        if made.get("ports") and task.get("_host"):
            made["ports"] = None
            task.setdefault("_ports", {})[container["name"]] = [
                _map(task["_host"], task_arn, mapping) for mapping in container["portMappings"]
            ]
        elif made.get("ports"):
            made["ports"] = {port: ("127.0.0.1", number or 0) for port, number in made["ports"].items()}
        return made

    def attach(task, container, index, token, network):
        attached = plain_attach(task, container, index, token, network)
        bound = attached and task.get("_ports", {}).get(task["containers"][index]["name"])
        if bound:
            _announce(task, index, token, bound, ecs._container_ip(container, network))
        return attached

    def stopped(task_arn, task, reason, code, *rest, **named):
        if code != "UserInitiated":  # its containers have ended: before ECS says so, their ports are free
            release(task_arn)
        return plain_stopped(task_arn, task, reason, code, *rest, **named)

    def cleanup(task, *rest):
        plain_cleanup(task, *rest)
        release(task.get("taskArn"))

    def reset():
        plain_reset()
        _mapped.clear()

    ecs._attach_started_container, ecs._build_run_kwargs = attach, arguments
    ecs._cleanup_task_resources, ecs.reset, ecs._mark_task_stopped = cleanup, reset, stopped


def _announce(task, index, token, bound, address):
    with _lock:
        for protocol, _, number in bound:
            held = _mapped.get((task["_host"], protocol, number))
            if held and held["task"] == task["taskArn"]:  # else it has been stopped meanwhile
                held["address"] = address
    task["containers"][index]["networkBindings"] = [
        {"bindIP": "0.0.0.0", "containerPort": inner, "hostPort": number, "protocol": protocol}
        for protocol, inner, number in bound
    ]
    # As on AWS, a container that is fast enough reads its metadata before its ports are in them.
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html
    with ecs_metadata._LOCK:
        record = ecs_metadata._TOKEN_TO_CONTAINER.get(token)
        if record is not None:
            record["Ports"] = [
                {"ContainerPort": inner, "Protocol": protocol, "HostPort": number, "HostIp": "0.0.0.0"}
                for protocol, inner, number in bound
            ]
