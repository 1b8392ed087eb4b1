"""Where work of an executor runs."""

import queue
import threading
from typing import Any, Callable, Optional, Tuple, Union

from .loop import EventLoop
from .threads import Threads
from .turns import Turns

# Runs, or gives what is to be awaited.
Work = Callable[[], Any]


# In the place of work: the main thread may read messages again.
_PASSED: Tuple[Work, bool] = (lambda: None, False)


class MainThread:
    """One thing after the other, in the main thread, which reads messages in between."""

    def __init__(self, loop: EventLoop, turns: Turns) -> None:
        self._loop = loop
        self._turns = turns
        self._queue: "queue.SimpleQueue[Optional[Tuple[Work, bool]]]" = queue.SimpleQueue()
        turns.on_passed = lambda: self._queue.put(_PASSED)

    def start(self, work: Work, is_async: bool = False) -> None:
        self._queue.put((work, is_async))

    def serve(self) -> None:
        while True:
            next_work = self._next()
            self._turns.begin()
            if next_work is None:
                # Hooks that follow may call other functions.
                self._turns.hurry()
                return
            work, is_async = next_work
            if is_async:
                self._loop.run(work())
            else:
                work()

    def stop(self) -> None:
        """Lets `serve` return once all that was started before has run."""
        self._queue.put(None)
        self._turns.wake()

    def leave(self) -> None:
        """Lets `serve` return soon: what runs was interrupted."""
        self.stop()

    def _next(self) -> Optional[Tuple[Work, bool]]:
        while self._queue.empty():
            if not self._turns.read_in_main():
                break
        return self._queue.get()


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
