"""Ray on this machine: two CPUs, tasks one by one or a chunked Pool.map."""

import os

import ray
from echo import echo
from python_driver import serve
from ray.util.multiprocessing import Pool

remote_echo = ray.remote(echo)


class Tasks:
    def map(self, items):
        return ray.get([remote_echo.remote(item) for item in items])

    def close(self):
        ray.shutdown()


class PoolMap(Tasks):
    def __init__(self, workers):
        self.pool = Pool(processes=workers)

    def map(self, items):
        return self.pool.map(echo, items)


def start(options):
    ray.init(num_cpus=options["workers"], include_dashboard=False, log_to_driver=False)
    return PoolMap(options["workers"]) if os.environ["BENCH_RAY"] == "pool" else Tasks()


serve(start)
