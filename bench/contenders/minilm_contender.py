"""No process at all: the model of the example in a loop over batches."""

import time

from minilm import MiniLm
from python_driver import serve


class Loop:
    def __init__(self):
        self.model = MiniLm()
        self.model.load()

    def embed(self, options):
        texts, size = options["texts"], options["size"]
        start = time.perf_counter()
        rows = []
        for at in range(0, len(texts), size):
            rows.extend(self.model.embed(texts[at : at + size]))
        seconds = time.perf_counter() - start
        if len(rows) != len(texts):
            raise ValueError(f"{len(texts)} rows were due, {len(rows)} came")
        # Each row by its place, against the first: as workloads/streams.mjs does.
        checksum = sum((at + 1) * float(row @ rows[0]) for at, row in enumerate(rows))
        return {"seconds": seconds, "checksum": checksum}


serve(lambda _: Loop())
