"""What queues of SQS do that keep order, beside ministack's: a handle ends with its time, and a receive can be repeated."""
import re
import time

from ministack.services import sqs

ISSUED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EXPIRED = "The receipt handle has expired"


def expired_handles_are_refused():
    """A message that is shown again is not deleted by who had it before; deleting twice in time succeeds."""
    plain, plain_batch = sqs._act_delete_message, sqs._act_delete_message_batch

    def is_expired(queue, handle):
        if not queue["is_fifo"] or not ISSUED.fullmatch(handle):
            return False
        now, deleted = time.time(), queue.setdefault("_deleted", {})
        held = [m for m in queue["messages"] if m["receipt_handle"] == handle]
        if held:
            deleted[handle] = held[0]["visible_at"]
        return deleted.get(handle, 0) <= now

    def delete(data, url):
        handle = data.get("ReceiptHandle", "")
        if is_expired(sqs._get_q(data.get("QueueUrl", url)), handle):
            reason = f"Value {handle} for parameter ReceiptHandle is invalid. Reason: {EXPIRED}."
            raise sqs._Err("InvalidParameterValue", reason)
        return plain(data, url)

    def delete_batch(data, url):
        queue, entries = sqs._get_q(data.get("QueueUrl", url)), data.get("Entries", [])
        refused = [e.get("Id") for e in entries if is_expired(queue, e.get("ReceiptHandle", ""))]
        kept = [e for e in entries if e.get("Id") not in refused]
        answer = plain_batch({**data, "Entries": kept}, url) if kept else {"Successful": [], "Failed": []}
        answer["Failed"] += [
            {"Id": i, "Code": "ReceiptHandleIsInvalid", "Message": EXPIRED, "SenderFault": True} for i in refused
        ]
        return answer

    sqs._HANDLERS.update(DeleteMessage=delete, DeleteMessageBatch=delete_batch)


def receives_can_be_repeated():
    """The same ReceiveRequestAttemptId gets the same messages and handles, while nobody has deleted one of them."""
    plain = sqs._HANDLERS["ReceiveMessage"]

    async def receive(data, url):
        queue, attempt = sqs._get_q(data.get("QueueUrl", url)), data.get("ReceiveRequestAttemptId")
        if not queue["is_fifo"] or not attempt:
            return await plain(data, url)
        answers = queue.setdefault("_attempts", {})
        handles = [m["ReceiptHandle"] for m in answers.get(attempt, {}).get("Messages", [])]
        held = [m for m in queue["messages"] if m["receipt_handle"] in handles and m["visible_at"] > time.time()]
        if handles and len(held) == len(handles):
            hidden_for = int(data.get("VisibilityTimeout") or queue["attributes"]["VisibilityTimeout"])
            for message in held:
                message["visible_at"] = time.time() + hidden_for
            return answers[attempt]
        answers[attempt] = await plain(data, url)
        return answers[attempt]

    sqs._HANDLERS["ReceiveMessage"] = receive
