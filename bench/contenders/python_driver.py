"""Runs the workloads of a Python contender by the protocol of driver.mjs: JSON lines in on stdin, out on descriptor 3."""

import json
import os
import sys
import time


def timed_map(contender, options):
    """An array of inputs, every result checked inside the timed run."""
    items = [make(options["kind"], index) for index in range(options["count"])]
    start = time.perf_counter()
    results = contender.map(items)
    if len(results) != len(items):
        raise ValueError(f"{len(items)} results were due, {len(results)} came")
    for item, result in zip(items, results):
        if item != result:
            raise ValueError(f"result of {item} is {result}")
    return {"seconds": time.perf_counter() - start, "peakMB": peak_mb()}


def make(kind, index):
    if kind == "int":
        return index
    return {"id": index, "name": f"item {index}", "score": index / 2, "active": index % 2 == 0}


def peak_mb():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 / 1e6


def serve(open_contender):
    """`open_contender(options)` gives an object with `map(items)`, `numpy(options)` or both, and maybe `close()`."""
    replies = os.fdopen(3, "w", buffering=1)
    replies.write(json.dumps({"pid": os.getpid()}) + "\n")
    contender = None
    for line in sys.stdin:
        message = json.loads(line)
        command, options = message["command"], message.get("options")
        reply = {}
        try:
            if command == "open":
                contender = open_contender(options)
            elif command == "close":
                getattr(contender, "close", lambda: None)()
            elif command == "map":
                reply = timed_map(contender, options)
            else:
                reply = getattr(contender, command)(options)
        except Exception as error:  # Whatever it is, the bench reports it.
            reply = {"error": repr(error)}
        replies.write(json.dumps(reply) + "\n")
        if command == "close":
            return
