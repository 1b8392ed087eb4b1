"""No process at all: an array through `pickle` and back, in memory."""

import pickle
import statistics
import time

import numpy
from python_driver import serve


class Pickle:
    def numpy(self, options):
        value = numpy.arange(options["bytes"] // 8, dtype="f8")
        times = []
        for index in range(options["warmup"] + options["count"]):
            value[index] += 1
            start = time.perf_counter()
            result = pickle.loads(pickle.dumps(value))
            times.append((time.perf_counter() - start) * 1000)
            if result[index] != value[index]:
                raise ValueError("the array came back changed")
        return {"p50": statistics.median(times[options["warmup"] :])}


serve(lambda _: Pickle())
