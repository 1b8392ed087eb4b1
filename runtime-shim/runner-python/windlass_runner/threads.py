"""Threads that run one thing after another."""

import queue
import threading
from typing import Callable

Work = Callable[[], None]


class Threads:
    """As many as there is work at a time; none keeps the process alive."""

    def __init__(self) -> None:
        self._work: "queue.SimpleQueue[Work]" = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0

    def start(self, work: Work) -> None:
        with self._lock:
            if self._idle > 0:
                self._idle -= 1
            else:
                threading.Thread(target=self._run, name="windlass-input", daemon=True).start()
        self._work.put(work)

    def _run(self) -> None:
        while True:
            self._work.get()()
            with self._lock:
                self._idle += 1
