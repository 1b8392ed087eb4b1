"""Sends what is done while user code keeps its thread."""

import threading
import time
from typing import Callable, Optional

# Finished results wait this long at most while the next input runs.
_FLUSH_SECONDS = 0.01


class Flusher:
    """Calls a function every 10 ms while there is one."""

    def __init__(self) -> None:
        self._flush: Optional[Callable[[], None]] = None
        self._is_busy = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def watch(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="windlass-flusher", daemon=True)
            self._thread.start()
        self._is_busy.set()

    def rest(self) -> None:
        self._flush = None
        self._is_busy.clear()

    def _run(self) -> None:
        while True:
            self._is_busy.wait()
            time.sleep(_FLUSH_SECONDS)
            flush = self._flush
            if flush is not None:
                flush()
