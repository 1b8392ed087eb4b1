"""ECS container instances: ministack runs every task without one. Here an instance boots, registers, holds tasks, dies."""
import copy
import json
import threading
import time
import uuid

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, request_scope
from ministack.services import ec2, ecs

import control
import events
import placement
import shapes
import tokens

_hosts = {}  # by container instance ARN
# Held while a task is placed, and for a moment by the worker that starts it: it must find its host.
_placing = threading.RLock()
NO_INSTANCES = "No Container Instances were found in your cluster."


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
        docker = ecs._get_docker()
        for task in tasks_on(host):
            reason = f"Host EC2 (instance {host['ec2InstanceId']}) terminated."
            containers = list(task.get("_docker_ids") or [])
            ecs._mark_task_stopped(task["taskArn"], task, reason, "TerminationNotice")
            for container in containers:
                try:
                    docker.containers.get(container).kill()
                except Exception:  # it has ended by itself
                    pass
            ecs._cleanup_task_resources(task, docker)
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
    with request_scope(*host["scope"]):
        docker = ecs._get_docker()
        for task in tasks_on(host) if delay else []:
            for container in task.get("_docker_ids") or []:
                try:
                    docker.containers.get(container).kill()
                except Exception:  # it has ended by itself
                    pass
    time.sleep(delay)
    leave(host)


def lacking(host, wanted):
    cpu, memory, gpus = remaining(host)
    if wanted["CPU"] > cpu:
        return "RESOURCE:CPU"
    if wanted["MEMORY"] > memory:
        return "RESOURCE:MEMORY"
    if sum(wanted["GPU"].values()) > len(gpus):
        return "RESOURCE:GPU"
    return None


def start_on(host, data, definition, wanted):
    """Starts one task on the host; the worker that runs its containers waits until the record names the host."""
    _, _, free = remaining(host)
    gpus = {}
    for container, count in wanted["GPU"].items():
        gpus[container], free = free[:count], free[count:]
    with _placing:
        status, headers, body = _plain_run_task({**data, "count": 1, "launchType": "EC2"})
        if status >= 400:
            return (status, headers, body), None
        task = ecs._tasks[json.loads(body)["tasks"][0]["taskArn"]]
        task.update(
            containerInstanceArn=host["arn"], availabilityZone=host["attributes"].get("ecs.availability-zone"),
            cpu=str(wanted["CPU"]), memory=str(wanted["MEMORY"]), _host=host["arn"], _needs=wanted, _gpus=gpus,
        )
        for container in task["containers"]:
            if container["name"] in gpus:
                container["gpuIds"] = gpus[container["name"]]
    events.task_changed(task)
    return None, ecs._sanitize(task)


def checked(data):
    """(definition, needs, None) or (None, None, the refusal)."""
    definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")))
    if definition is None:
        return None, None, error_response_json("ClientException", "TaskDefinition not found.", 400)
    if definition.get("status") != "ACTIVE":
        return None, None, error_response_json("ClientException", "TaskDefinition is inactive", 400)
    overrides = data.get("overrides") or {}
    names = {c["name"] for c in definition["containerDefinitions"]}
    for override in overrides.get("containerOverrides", []):
        if override.get("name") not in names:
            message = f"Override for container named {override.get('name')} is not a container in the TaskDefinition."
            return None, None, invalid(message)
    return definition, placement.needs(definition, overrides), None


def run_task(data):
    cluster, refusal = cluster_of(data)
    if refusal:
        return refusal
    if not 1 <= data.get("count", 1) <= 10:
        return invalid("Count must be between 1 and 10.")
    definition, wanted, refusal = checked(data)
    if refusal:
        return refusal
    if data.get("capacityProviderStrategy") or data.get("launchType") == "FARGATE":
        return _plain_run_task(data)
    if not [h for h in hosts_in(cluster) if h["status"] == "ACTIVE"]:
        return invalid(NO_INSTANCES)
    tasks, failures = [], []
    with _placing:
        for _ in range(data.get("count", 1)):
            try:
                host, failures = place(cluster, data, wanted)
            except placement.InvalidExpression as mistake:
                return invalid(f"Invalid placement constraint: {mistake}")
            if host is None:
                break
            refusal, task = start_on(host, data, definition, wanted)
            if refusal:
                return refusal
            tasks.append(task)
    return json_response({"tasks": tasks, "failures": failures})


def place(cluster, data, wanted):
    """(host, []) or (None, why each host was refused)."""
    active = [h for h in hosts_in(cluster) if h["status"] == "ACTIVE" and h["agentConnected"]]
    fitting = [h for h in active if _constraints_hold(h, data)]
    if not fitting:
        return None, [{"reason": "MemberOf placement constraint unsatisfied."}]
    reasons = {h["arn"]: lacking(h, wanted) for h in fitting}
    able = [h for h in fitting if reasons[h["arn"]] is None]
    if not able:
        return None, [{"arn": arn, "reason": reason} for arn, reason in reasons.items()]
    for strategy in data.get("placementStrategy", [])[:1]:
        if strategy["type"] == "binpack":
            index = 0 if strategy.get("field", "").lower() == "cpu" else 1
            able.sort(key=lambda h: remaining(h)[index])
        elif strategy["type"] == "spread":
            able.sort(key=lambda h: len(tasks_on(h)))
    return able[0], []


def _constraints_hold(host, data):
    for constraint in data.get("placementConstraints", []):
        if constraint["type"] == "distinctInstance":
            group = data.get("group") or f"family:{ecs._resolve_td_key(data['taskDefinition']).split(':')[0]}"
            if any((t.get("group") or "") == group for t in tasks_on(host)):
                return False
        elif not placement.satisfied(constraint["expression"], facts(host), host["attributes"]):
            return False
    return True


def start_task(data):
    cluster, refusal = cluster_of(data)
    if refusal:
        return refusal
    references = data.get("containerInstances", [])
    if not 1 <= len(references) <= 10:
        return invalid("Container instances must be between 1 and 10.")
    definition, wanted, refusal = checked(data)
    if refusal:
        return refusal
    tasks, failures = [], []
    with _placing:
        for reference in references:
            host = find(cluster, reference)
            reason = "MISSING" if host is None else "INACTIVE" if host["status"] != "ACTIVE" else lacking(host, wanted)
            if reason:
                failures.append({"arn": host["arn"] if host else reference, "reason": reason})
                continue
            refusal, task = start_on(host, data, definition, wanted)
            if refusal:
                return refusal
            tasks.append(task)
    return json_response({"tasks": tasks, "failures": failures})


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


def list_tasks(data):
    """ListTasks by containerInstance, a filter that ministack passes over."""
    reference = data.get("containerInstance")
    status, headers, body = _plain_list_tasks({**data, "maxResults": 10**9} if reference else data)
    if not reference or status >= 400:
        return status, headers, body
    arns = json.loads(body)["taskArns"]
    host = lambda arn: ecs._tasks[arn].get("_host") or ""  # noqa: E731
    return json_response({"taskArns": [a for a in arns if host(a) == reference or host(a).endswith(f"/{reference}")]})


def run_task_once(data):
    """RunTask with a clientToken that was used starts nothing: it answers the tasks of the first time."""
    request = {k: v for k, v in data.items() if k != "clientToken"}

    def arns(answer):
        return [task["taskArn"] for task in json.loads(answer[2]).get("tasks", [])]

    return tokens.once(
        ("RunTask", get_account_id(), get_region(), data.get("cluster")), data.get("clientToken"), copy.deepcopy(request),
        lambda: run_task(data),
        again=lambda answer: json_response({"tasks": [ecs._sanitize(ecs._tasks[a]) for a in arns(answer)], "failures": []}),
        mismatch=lambda answer: error_response_json(
            "ConflictException", "The clientToken is in use with different parameters.", 400, {"resourceIds": arns(answer)}
        ),
        keep=lambda answer: answer[0] < 400 and bool(arns(answer)),
    )


def container_instances():
    """RunTask places on registered hosts or says what they lack; an empty cluster, a count over 10 and an inactive definition are refused."""
    global _plain_run_task, _plain_list_tasks
    _plain_run_task, _plain_list_tasks = ecs._run_task, ecs._list_tasks
    ecs._ACTION_MAP.update(
        RunTask=run_task_once,
        StartTask=start_task,
        ListTasks=list_tasks,
        ListContainerInstances=list_container_instances,
        DescribeContainerInstances=describe_container_instances,
        UpdateContainerInstancesState=update_container_instances_state,
        RegisterContainerInstance=register_container_instance,
        DeregisterContainerInstance=deregister_container_instance,
    )
    plain_worker, plain_reset, plain_environment = ecs._run_task_worker, ecs.reset, ecs._register_metadata

    def worker(*arguments):
        with _placing:
            pass
        plain_worker(*arguments)

    def reset():
        plain_reset()
        _hosts.clear()
        tokens.forget()

    def environment(task_arn, cluster_arn, definition, container, launch_type, env, *rest):
        gpus = (ecs._tasks.get(task_arn) or {}).get("_gpus", {}).get(container["name"])
        if gpus:
            env["NVIDIA_VISIBLE_DEVICES"] = ",".join(gpus)
        return plain_environment(task_arn, cluster_arn, definition, container, launch_type, env, *rest)

    ecs._run_task_worker, ecs.reset, ecs._register_metadata = worker, reset, environment


def host_ports():
    """DescribeTasks and the RUNNING event say which host port leads to a container; only this machine can reach it."""
    plain_attach, plain_arguments = ecs._attach_started_container, ecs._build_run_kwargs

    def arguments(*given):
        made = plain_arguments(*given)
        if made.get("ports"):
            made["ports"] = {port: ("127.0.0.1", number or 0) for port, number in made["ports"].items()}
        return made

    def attach(task, container, index, *rest):
        attached = plain_attach(task, container, index, *rest)
        if attached:
            container.reload()
            bound = container.attrs["NetworkSettings"]["Ports"] or {}
            task["containers"][index]["networkBindings"] = [
                {"bindIP": at["HostIp"], "containerPort": int(port.split("/")[0]), "hostPort": int(at["HostPort"]),
                 "protocol": port.split("/")[1]}
                for port, places in bound.items() for at in places or []
            ]
        return attached

    ecs._attach_started_container, ecs._build_run_kwargs = attach, arguments
