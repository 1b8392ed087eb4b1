"""Where work of an executor runs."""

import queue
import threading
from typing import Any, Callable, Optional, Tuple, Union

from .loop import EventLoop
from .threads import Threads

# Runs, or gives what is to be awaited.
Work = Callable[[], Any]


class MainThread:
    """One thing after the other, in the main thread."""

    def __init__(self, loop: EventLoop) -> None:
        self._loop = loop
        self._queue: "queue.SimpleQueue[Optional[Tuple[Work, bool]]]" = queue.SimpleQueue()

    def start(self, work: Work, is_async: bool = False) -> None:
        self._queue.put((work, is_async))

    def serve(self) -> None:
        while True:
            next_work = self._queue.get()
            if next_work is None:
                return
            work, is_async = next_work
            if is_async:
                self._loop.run(work())
            else:
                work()

    def stop(self) -> None:
        """Lets `serve` return once all that was started before has run."""
        self._queue.put(None)

    def leave(self) -> None:
        """Lets `serve` return soon: what runs was interrupted."""
        self.stop()


class Parallel:
    """All at once: what is awaited as tasks of the event loop, which has the main thread, the rest in threads."""

    def __init__(self, loop: EventLoop) -> None:
        self._loop = loop
        self._threads = Threads()
        self._changed = threading.Condition()
        self._running = 0
        loop.prepare()

    def start(self, work: Work, is_async: bool = False) -> None:
        self._count(1)
        if is_async:
            self._loop.start(self._await(work))
        else:
            self._threads.start(lambda: self._run(work))

    def serve(self) -> None:
        self._loop.run_forever()

    def stop(self) -> None:
        """Lets `serve` return once all that was started before has run."""

        def wait() -> None:
            with self._changed:
                self._changed.wait_for(lambda: self._running == 0)
            self._loop.stop()

        self._threads.start(wait)

    def leave(self) -> None:
        """Lets `serve` return soon: what runs was interrupted."""
        self._loop.stop()

    def _run(self, work: Work) -> None:
        work()
        self._count(-1)

    async def _await(self, work: Work) -> None:
        await work()
        self._count(-1)

    def _count(self, more: int) -> None:
        with self._changed:
            self._running += more
            self._changed.notify_all()


Lane = Union[MainThread, Parallel]
