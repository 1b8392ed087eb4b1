"""StopTask as ECS stops: a signal, the time that the containers' definitions give them, and only then the end."""
import threading
import time

from ministack.core.concurrency import resource_lock
from ministack.core.responses import get_account_id, get_region, json_response, now_iso, request_scope
from ministack.services import ecs

import events
import ports
from hosts import cluster_of, is_off

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html: stopTimeout.
STOP_SECONDS = 30


def _grace_of(task):
    """Seconds by container name."""
    definition = ecs._task_defs.get(ecs._resolve_td_key(task["taskDefinitionArn"])) or {}
    return {c["name"]: c.get("stopTimeout") or STOP_SECONDS for c in definition.get("containerDefinitions", [])}


def _end(task, docker_id, seconds, codes):
    """SIGTERM, SIGKILL after the seconds, and the exit code."""
    try:
        container = ecs._get_docker().containers.get(docker_id)
        container.stop(timeout=seconds)
        container.reload()
        codes[docker_id] = container.attrs["State"]["ExitCode"]
    except Exception as failure:  # it has ended by itself and is gone
        ecs.logger.debug("stopping %s: %s", docker_id, failure)


def _stop(task, reason):
    grace, codes = _grace_of(task), {}
    ids, names = list(task["_docker_ids"]), [c["name"] for c in task["containers"]]
    ending = [
        threading.Thread(target=_end, args=(task, one, grace.get(name, STOP_SECONDS), codes)) for one, name in zip(ids, names)
    ]
    for one in ending:
        one.start()
    for one in ending:
        one.join()
    ports.release(task["taskArn"])
    while is_off(task):  # nobody tells ECS until it notices that the host is gone
        time.sleep(0.05)
    with resource_lock("ecs-task", task["taskArn"]):
        for docker_id, container in zip(ids, task["containers"]):
            if container.get("exitCode") is None and docker_id in codes:
                container["exitCode"] = codes[docker_id]
        if task["lastStatus"] != "STOPPED":
            task["desiredStatus"] = "RUNNING"  # what has not ended is taken to its end from here
    ecs._mark_task_stopped(task["taskArn"], task, reason, "UserInitiated")
    ecs._cleanup_task_resources(task, ecs._get_docker())


def graceful_stops():
    """A task that is told to stop is RUNNING, and desired STOPPED, while its containers end in their own time."""
    plain = ecs._ACTION_MAP["StopTask"]

    def stop_task(data):
        cluster, refusal = cluster_of(data)
        task = None if refusal else ecs._resolve_task(data.get("task", ""), cluster["clusterName"])
        if task is None or not task.get("_host") or task["lastStatus"] != "RUNNING":
            return plain(data)
        with resource_lock("ecs-task", task["taskArn"]):
            if task["desiredStatus"] == "STOPPED":
                return json_response({"task": ecs._sanitize(task)})
            ecs._bump_task_version(task)
            reason = data.get("reason", "Task stopped by user")
            task.update(desiredStatus="STOPPED", stoppingAt=now_iso(), stoppedReason=reason, stopCode="UserInitiated")
        events.task_changed(task)
        scope = get_account_id(), get_region()

        def run():
            with request_scope(*scope):
                _stop(task, reason)

        threading.Thread(target=run, daemon=True, name="windlass-stop").start()
        return json_response({"task": ecs._sanitize(task)})

    ecs._ACTION_MAP["StopTask"] = stop_task
