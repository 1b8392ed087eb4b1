"""State-change events on the default event bus, which ministack does not emit."""
import json
import queue
import threading

from ministack.core.responses import get_account_id, get_region, now_iso, request_scope
from ministack.services import ec2, ecs, eventbridge

import control

_outbox = queue.Queue()


def emit(source, detail_type, resources, detail, cluster=None):
    """Puts one event on the bus, out of the caller's way; under an `events` fault some are lost and some come twice."""
    copies = 1
    fault = control.in_force("events", cluster=cluster)
    if fault:
        thrown = control.dice(fault, detail_type).random()
        lost, doubled = fault.get("lost", 0), fault.get("doubled", 0)
        copies = 0 if thrown < lost else 2 if thrown < lost + doubled else 1
    entry = {"Source": source, "DetailType": detail_type, "Resources": resources, "Detail": json.dumps(detail, default=str)}
    for _ in range(copies):
        _outbox.put((get_account_id(), get_region(), entry))


def _deliver():
    while True:
        account, region, entry = _outbox.get()
        with request_scope(account, region):
            try:
                eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
            except Exception as failure:  # a target's failure is the target's
                ecs.logger.warning("event %s: %s", entry["DetailType"], failure)


def task_changed(task):
    detail = {**ecs._sanitize(task), "updatedAt": now_iso()}
    cluster = task["clusterArn"].rsplit("/", 1)[-1]
    emit("aws.ecs", "ECS Task State Change", [task["taskArn"]], detail, cluster)


def container_instance_changed(record, cluster):
    detail = {**record, "clusterArn": cluster["clusterArn"], "updatedAt": now_iso()}
    emit("aws.ecs", "ECS Container Instance State Change", [record["containerInstanceArn"]], detail, cluster["clusterName"])


def _instance_arn(instance_id):
    return f"arn:aws:ec2:{get_region()}:{get_account_id()}:instance/{instance_id}"


def instance_changed(instance_id, state, cluster=None):
    detail = {"instance-id": instance_id, "state": state}
    emit("aws.ec2", "EC2 Instance State-change Notification", [_instance_arn(instance_id)], detail, cluster)


def spot_interrupted(instance_id, cluster=None):
    detail = {"instance-id": instance_id, "instance-action": "terminate"}
    emit("aws.ec2", "EC2 Spot Instance Interruption Warning", [_instance_arn(instance_id)], detail, cluster)


def task_state_events():
    """ECS puts an event on the bus for every state that a task reaches."""
    for name in ("_mark_task_pending", "_mark_task_activating", "_mark_task_running", "_mark_task_stopped"):
        setattr(ecs, name, _announcing(getattr(ecs, name)))
    threading.Thread(target=_deliver, daemon=True, name="windlass-events").start()


def _announcing(mark):
    def marked(task_arn, task, *rest, **named):
        done = mark(task_arn, task, *rest, **named)
        if done:
            task_changed(task)
        return done

    return marked


@control.action("spot-warning")
def spot_warning(fields):
    """EC2 warns of a spot interruption two minutes ahead, as an event: {"instanceId"}."""
    for (account, region, instance_id), _ in ec2._instances.all_items():
        if instance_id == fields["instanceId"]:
            with request_scope(account, region):
                spot_interrupted(instance_id)
            return {}
    raise ValueError(f"no instance {fields['instanceId']}")
