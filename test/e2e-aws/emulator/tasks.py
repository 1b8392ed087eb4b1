"""Tasks on hosts: ministack starts a task wherever it is, here it needs a host with room for it."""
import copy
import json
import threading

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import ecs

import events
import placement
import ports
import tokens
from hosts import cluster_of, facts, find, hosts_in, invalid, is_off, remaining, tasks_on

# Held while a task is placed, and for a moment by the worker that starts it: it must find its host.
_placing = threading.RLock()
NO_INSTANCES = "No Container Instances were found in your cluster."


def lacking(host, wanted):
    cpu, memory, gpus = remaining(host)
    if wanted["CPU"] > cpu:
        return "RESOURCE:CPU"
    if wanted["MEMORY"] > memory:
        return "RESOURCE:MEMORY"
    if not ports.are_free(host, wanted["PORTS"]):
        return "RESOURCE:PORTS"
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
        ports.take_fixed(host, task["taskArn"], wanted["PORTS"])
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
    wanted = placement.needs(definition, overrides) | {"PORTS": ports.fixed(definition)}
    return definition, wanted, None


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


def list_tasks(data):
    """ListTasks by containerInstance, a filter that ministack passes over."""
    reference = data.get("containerInstance")
    status, headers, body = _plain_list_tasks({**data, "maxResults": 10**9} if reference else data)
    if not reference or status >= 400:
        return status, headers, body
    arns = json.loads(body)["taskArns"]
    hosts = {arn: ecs._tasks[arn].get("_host") or "" for arn in arns}
    return json_response({"taskArns": [a for a in arns if hosts[a] == reference or hosts[a].endswith(f"/{reference}")]})


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


def placed_tasks():
    """RunTask and StartTask place on registered hosts or say what these lack; an empty cluster, a count over 10 and an inactive definition are refused."""
    global _plain_run_task, _plain_list_tasks
    _plain_run_task, _plain_list_tasks = ecs._run_task, ecs._list_tasks
    ecs._ACTION_MAP.update(RunTask=run_task_once, StartTask=start_task, ListTasks=list_tasks)
    plain_worker, plain_environment = ecs._run_task_worker, ecs._register_metadata

    def worker(task, *rest):
        with _placing:
            pass
        if not is_off(task):
            plain_worker(task, *rest)

    def environment(task_arn, cluster_arn, definition, container, launch_type, env, *rest):
        gpus = (ecs._tasks.get(task_arn) or {}).get("_gpus", {}).get(container["name"])
        if gpus:
            env["NVIDIA_VISIBLE_DEVICES"] = ",".join(gpus)
        return plain_environment(task_arn, cluster_arn, definition, container, launch_type, env, *rest)

    ecs._run_task_worker, ecs._register_metadata = worker, environment

