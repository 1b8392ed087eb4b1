"""Counts requests as AWS bills them: SQS by every 64 KB of a request, DynamoDB's writes by every KB of an item."""
import threading
import uuid

import control

SQS_CHUNK = 64 * 1024
WRITE_UNIT = 1024

_counters = {}
_lock = threading.Lock()


def note(operation, path, body):
    """One request, for every counter whose texts it holds one of."""
    if not _counters:
        return
    text = path.encode() + body
    with _lock:
        for counter in _counters.values():
            if not any(match in text for match in counter["matches"]):
                continue
            seen = counter["seen"].setdefault(operation, {"requests": 0, "chunks": 0, "units": 0})
            seen["requests"] += 1
            seen["chunks"] += -(-max(1, len(body)) // SQS_CHUNK)
            seen["units"] += -(-max(1, len(body)) // WRITE_UNIT)


control.observers.append(note)


@control.action("count")
def count(fields):
    """{"match": [texts]} begins to count and answers {"id"}."""
    identity = uuid.uuid4().hex[:12]
    with _lock:
        _counters[identity] = {"matches": [text.encode() for text in fields["match"]], "seen": {}}
    return {"id": identity}


@control.action("counted")
def counted(fields):
    """{"id"} ends it and answers requests, 64 KB chunks and KB units by operation."""
    with _lock:
        return _counters.pop(fields["id"])["seen"]
