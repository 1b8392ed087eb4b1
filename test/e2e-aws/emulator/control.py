"""What a test asks of the emulator beside AWS's own operations, under /_windlass/.

POST   /_windlass/faults        {"kind": …, …}  adds a fault and answers {"id"}; after "times" hits it is over
GET    /_windlass/faults        lists the faults that were not removed, with their hits
DELETE /_windlass/faults/ID     removes one; DELETE /_windlass/faults removes all
POST   /_windlass/ACTION        {…}  does what a filler registered under that name

Every fault names what it strikes (a cluster with a type and zone, an operation and a text in its request, a queue),
so that tests on one emulator do not disturb one another.
"""
import json
import random
import threading
import uuid

from ministack import app

PREFIX = "/_windlass/"
KINDS = {
    "fleet": {"cluster", "code", "instanceType", "zone", "purchase", "times"},
    "throttle": {"operation", "match", "code", "times"},
    "boot-delay": {"seconds", "cluster"},
    "leave-delay": {"seconds", "cluster"},
    "events": {"lost", "doubled", "seed", "cluster"},
    "duplicates": {"queue", "share", "seed"},
    "stale-counts": {"queue", "seconds"},
    "kill-caller": {"operation", "match", "moment", "nth", "times"},
}

# Called with the operation, path and body of every request to a service.
observers = []
_faults = {}
_lock = threading.Lock()
_actions = {}


def action(name):
    """Registers a function of the request's fields under /_windlass/NAME."""

    def register(function):
        _actions[name] = function
        return function

    return register


def struck(kind, **facts):
    """The first fault of the kind whose given fields all equal the facts, from the `nth` time on; each hit counts."""
    with _lock:
        for fault in _faults.values():
            if not _strikes(fault, kind, facts):
                continue
            fault["seen"] += 1
            if fault["seen"] >= fault.get("nth", 1):
                fault["hits"] += 1
                return fault
    return None


def in_force(kind, **facts):
    """As struck, for faults that are a state rather than an event: nothing is counted."""
    with _lock:
        return next((f for f in _faults.values() if _strikes(f, kind, facts)), None)


def report(fault, **facts):
    """Adds what came of a fault to what is listed of it."""
    with _lock:
        fault.update(facts)


def dice(fault, stream=""):
    """The fault's own random numbers: one seed, one sequence for each stream, whatever happens beside it."""
    return fault["_dice"].setdefault(stream, random.Random(f"{fault.get('seed', 1)}/{stream}"))


def _strikes(fault, kind, facts):
    is_over = fault.get("times") is not None and fault["hits"] >= fault["times"]
    if fault["kind"] != kind or is_over:
        return False
    return all(fault.get(name) is None or _equals(name, fault[name], value) for name, value in facts.items())


def _equals(name, wanted, value):
    """`match` is a text, or a list of texts, that the request holds."""
    if name != "match":
        return wanted == value
    return all(text in value for text in ([wanted] if isinstance(wanted, str) else wanted))


def _add(fields):
    kind = fields.get("kind")
    if kind not in KINDS:
        raise ValueError(f"no fault is called {kind!r}; there are {', '.join(sorted(KINDS))}")
    unknown = set(fields) - KINDS[kind] - {"kind"}
    if unknown:
        raise ValueError(f"a {kind} fault has no {', '.join(sorted(unknown))}")
    fault = {**fields, "id": uuid.uuid4().hex[:12], "seen": 0, "hits": 0, "_dice": {}}
    with _lock:
        _faults[fault["id"]] = fault
    return {"id": fault["id"]}


def _shown():
    with _lock:
        return {"faults": [{k: v for k, v in f.items() if not k.startswith("_")} for f in _faults.values()]}


def _answer(method, name, body):
    fields = json.loads(body) if body else {}
    if name == "faults" and method == "POST":
        return _add(fields)
    if name == "faults" and method == "GET":
        return _shown()
    if name == "faults" and method == "DELETE":
        with _lock:
            _faults.clear()
        return {}
    if name.startswith("faults/") and method == "DELETE":
        with _lock:
            _faults.pop(name.removeprefix("faults/"), None)
        return {}
    if method == "POST" and name in _actions:
        return _actions[name](fields) or {}
    raise ValueError(f"{method} {PREFIX}{name} is not served; actions: {', '.join(sorted(_actions))}")


def operation_of(method, path, headers, body):
    """(service protocol, operation) of a request, as far as throttling tells them apart."""
    target = headers.get("x-amz-target", "")
    if target:
        return "json", target.rsplit(".", 1)[-1]
    if method == "POST" and path.endswith("/invocations"):
        return "rest-json", "Invoke"
    if body.startswith(b"Action=") or b"&Action=" in body[:4000]:
        for pair in body.split(b"&"):
            if pair.startswith(b"Action="):
                return "query", pair[7:].decode()
    if "s3" in headers.get("authorization", "").split("/aws4_request")[0].rsplit("/", 1)[-1]:
        return "s3", {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}.get(method, "")
    return "", ""


def throttled(protocol, code):
    """AWS names the same refusal differently: the SDKs retry each of these, and only these."""
    code = code or {"query": "RequestLimitExceeded", "s3": "SlowDown", "rest-json": "TooManyRequestsException"}.get(
        protocol, "ThrottlingException"
    )
    if protocol == "query":
        error = f"<Response><Errors><Error><Code>{code}</Code><Message>Request limit exceeded.</Message></Error></Errors></Response>"
        return 503, {"Content-Type": "application/xml"}, error.encode()
    if protocol == "s3":
        error = f"<Error><Code>{code}</Code><Message>Please reduce your request rate.</Message></Error>"
        return 503, {"Content-Type": "application/xml"}, error.encode()
    status = 429 if protocol == "rest-json" else 400
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": code}
    return status, headers, json.dumps({"__type": code, "message": "Rate exceeded"}).encode()


def control_endpoint():
    """Tests steer faults from outside, and any operation can be throttled: both stand before the services."""
    plain = app._handle_post_body_shortcuts

    async def shortcuts(method, path, headers, body, query_params, request_id):
        body = body or b""
        if path.startswith(PREFIX):
            try:
                return 200, {"Content-Type": "application/json"}, json.dumps(_answer(method, path[len(PREFIX):], body)).encode()
            except (ValueError, KeyError) as mistake:
                return 400, {"Content-Type": "application/json"}, json.dumps({"message": str(mistake)}).encode()
        protocol, operation = operation_of(method, path, headers, body)
        for observe in observers:
            observe(operation, path, body)
        if _faults:
            text = path + body.decode("utf-8", "replace")
            fault = operation and struck("throttle", operation=operation, match=text)
            if fault:
                return throttled(protocol, fault.get("code"))
        return await plain(method, path, headers, body, query_params, request_id)

    app._handle_post_body_shortcuts = shortcuts
