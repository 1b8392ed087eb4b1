"""What SQS does and a single queue in memory does not: the guarantees are weaker, and the limits are real."""
import copy
import re
import time

from ministack.services import sqs

import control

HIDDEN_AT_MOST = 12 * 3600
ISSUED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def stale_handles_are_accepted():
    """Deleting with a handle that is no longer the message's, or deleting twice, succeeds and does nothing."""
    plain, plain_batch = sqs._act_delete_message, sqs._act_delete_message_batch

    def delete(data, url):
        try:
            return plain(data, url)
        except sqs._Err as refusal:
            if refusal.code == "ReceiptHandleIsInvalid" and ISSUED.fullmatch(data.get("ReceiptHandle", "")):
                return {}
            raise

    def delete_batch(data, url):
        handles = {entry.get("Id"): entry.get("ReceiptHandle", "") for entry in data.get("Entries", [])}
        answer = plain_batch(data, url)
        stale = [f for f in answer["Failed"] if ISSUED.fullmatch(handles.get(f["Id"], ""))]
        answer["Failed"] = [f for f in answer["Failed"] if f not in stale]
        answer["Successful"] += [{"Id": f["Id"]} for f in stale]
        return answer

    sqs._HANDLERS.update(DeleteMessage=delete, DeleteMessageBatch=delete_batch)
    sqs._act_delete_message, sqs._act_delete_message_batch = delete, delete_batch


def duplicates_without_expiry():
    """A standard queue may deliver a message twice although its visibility timeout has not passed."""
    plain = sqs._collect_msgs

    def collect(queue, most, hidden_for):
        messages = plain(queue, most, hidden_for)
        for message in messages:
            message["_received_at"] = time.time()
        fault = None if queue["is_fifo"] else control.in_force("duplicates", queue=queue["name"])
        if not fault:
            return messages
        delivered = [copy.copy(message) for message in messages]
        for message in messages:
            if control.dice(fault).random() >= fault.get("share", 0.05):
                continue
            # Another replica delivers it, which does not know of the first time.
            message["visible_at"] = time.time()
            message["receive_count"] -= 1
        return delivered

    sqs._collect_msgs = collect


def counts_are_approximate():
    """ApproximateNumberOf… may be up to 60 s old."""
    plain = sqs._HANDLERS["GetQueueAttributes"]
    seen = {}

    def attributes(data, url):
        answer = plain(data, url)
        name = data.get("QueueUrl", url).rsplit("/", 1)[-1]
        counts = {k: v for k, v in answer["Attributes"].items() if k.startswith("ApproximateNumberOf")}
        fault = control.in_force("stale-counts", queue=name)
        if not fault or not counts:
            seen.pop(name, None)
            return answer
        at, old = seen.get(name, (0, None))
        if old is None or time.time() - at >= fault.get("seconds", 60):
            seen[name] = at, old = time.time(), counts
        return {"Attributes": {**answer["Attributes"], **{k: v for k, v in old.items() if k in counts}}}

    sqs._HANDLERS["GetQueueAttributes"] = attributes


def hidden_for_twelve_hours():
    """No message is hidden for more than 12 hours from its receipt, however often that is prolonged."""
    plain, plain_batch = sqs._act_change_visibility, sqs._act_change_visibility_batch

    def refusal(data, url, entry):
        seconds, queue = int(entry.get("VisibilityTimeout", 30)), sqs._get_q(data.get("QueueUrl", url))
        for message in queue["messages"]:
            if message["receipt_handle"] != entry.get("ReceiptHandle"):
                continue
            if time.time() + seconds > message.get("_received_at", time.time()) + HIDDEN_AT_MOST + 1:
                return (
                    f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout "
                    f"for the message is beyond the limit [{HIDDEN_AT_MOST} seconds]."
                )
        return None

    def change(data, url):
        reason = refusal(data, url, data)
        if reason:
            raise sqs._Err("InvalidParameterValue", reason)
        return plain(data, url)

    def change_batch(data, url):
        refused = {entry.get("Id"): refusal(data, url, entry) for entry in data.get("Entries", [])}
        kept = [entry for entry in data.get("Entries", []) if not refused[entry.get("Id")]]
        answer = plain_batch({**data, "Entries": kept}, url) if kept else {"Successful": [], "Failed": []}
        for entry_id, reason in refused.items():
            if reason:
                answer["Failed"].append(
                    {"Id": entry_id, "Code": "InvalidParameterValue", "Message": reason, "SenderFault": True}
                )
        return answer

    sqs._HANDLERS.update(ChangeMessageVisibility=change, ChangeMessageVisibilityBatch=change_batch)


@control.action("age-queue")
def age_queue(fields):
    """Hours pass for one queue alone: {"queue", "seconds"}."""
    aged = 0
    for _, queue in sqs._queues.all_items():
        if queue["name"] != fields["queue"]:
            continue
        aged += 1
        for message in queue["messages"]:
            for moment in ("visible_at", "_received_at", "sent_at", "enqueued_at", "first_receive_at"):
                if message.get(moment) is not None:
                    message[moment] -= fields["seconds"]
    if not aged:
        raise ValueError(f"no queue {fields['queue']}")
    return {}
