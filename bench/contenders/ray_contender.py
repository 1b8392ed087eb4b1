"""Ray on this machine: two CPUs, tasks one by one or a chunked Pool.map. Speaks the protocol of driver.mjs."""

import json
import os
import sys
import time

import ray
from ray.util.multiprocessing import Pool


def echo(value):
    return value


remote_echo = ray.remote(echo)


class Tasks:
    def map(self, items):
        return ray.get([remote_echo.remote(item) for item in items])


class PoolMap:
    def __init__(self, workers):
        self.pool = Pool(processes=workers)

    def map(self, items):
        return self.pool.map(echo, items)


def timed_map(contender, options):
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


def perform(contender, command, options):
    if command == "map":
        return contender, timed_map(contender, options)
    if command == "open":
        ray.init(num_cpus=options["workers"], include_dashboard=False, log_to_driver=False)
        chunked = os.environ["BENCH_RAY"] == "pool"
        return PoolMap(options["workers"]) if chunked else Tasks(), {}
    if command == "close":
        ray.shutdown()
        return None, {}
    raise ValueError(f"Ray does not take part in {command}")


def serve():
    replies = os.fdopen(3, "w", buffering=1)
    replies.write(json.dumps({"pid": os.getpid()}) + "\n")
    contender = None
    for line in sys.stdin:
        message = json.loads(line)
        try:
            contender, reply = perform(contender, message["command"], message.get("options"))
        except Exception as error:  # Whatever it is, the bench reports it.
            reply = {"error": repr(error)}
        replies.write(json.dumps(reply) + "\n")
        if message["command"] == "close":
            return


serve()
