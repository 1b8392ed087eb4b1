"""What a generator yields."""

import time
from typing import Any, Callable, Iterator

from windlass.errors import ExecutionError, InputCancellation

from .interrupt import Guard
from .job import Job
from .loop import AwaitedTask
from .outbox import ItemBox, Send
from .page import Page
from .results import PRIMITIVES, encode_now

_PAGE_ITEMS = 250
# Items that follow each other faster than this share a message.
_GATHER_SECONDS = 0.001
_END = object()


class Items:
    """Gathers what one input yields into messages, no faster than its caller takes it."""

    def __init__(self, job: Job, send: Send) -> None:
        self.box = ItemBox(job.id, 0, send)
        self.job = job
        self._sent_at = 0.0

    def add(self, item: Any) -> bool:
        """Adds an item as it is now; True when a message has left. Raises SerializationError."""
        self.job.add_credit(-1)
        if type(item) not in PRIMITIVES or type(item) is str:
            item = encode_now(item, f"item {self.box.produced()}")
        waiting = self.box.waiting
        waiting.append(item)
        now = time.perf_counter()
        # Its owner could change the bytes: they leave before that.
        has_bytes = type(item) is Page and len(item.attachments) > 0
        is_due = now - self._sent_at > _GATHER_SECONDS or len(waiting) >= _PAGE_ITEMS
        if has_bytes or is_due:
            self._sent_at = now
            self.box.flush()
        return has_bytes or is_due

    def await_credit(self) -> None:
        """Returns when there is credit."""
        self.box.flush()
        self.job.wait_for_credit()

    def check(self) -> None:
        """Raises InputCancellation if nobody wants more."""
        if self.job.is_cancelled():
            raise InputCancellation()


def stream(value: Any, items: Items, guard: Guard) -> None:
    """Sends what an iterator yields."""
    iterator = _to_iterator(value)
    try:
        while True:
            if items.job.must_wait:
                items.await_credit()
            items.check()
            item = guarded(guard, lambda: next(iterator, _END))
            if item is _END:
                return
            items.add(item)
    except BaseException:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
        raise
    finally:
        items.box.flush()


async def stream_async(value: Any, items: Items, task: AwaitedTask) -> None:
    """Sends what an asynchronous iterator yields."""
    iterator = value.__aiter__()
    try:
        while True:
            if items.job.must_wait:
                # In a thread of its own: tasks of user code go on meanwhile.
                await task.in_thread(items.await_credit)
            items.check()
            item = await task.settle(_next(iterator))
            if item is _END:
                return
            if items.add(item):
                await task.breathe()
    except BaseException:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()
        raise
    finally:
        items.box.flush()


def guarded(guard: Guard, call: Callable[[], Any]) -> Any:
    """Calls user code, which others may interrupt meanwhile. Raises InputCancellation when they did."""
    try:
        guard.open()
        return call()
    finally:
        guard.close()


async def _next(iterator: Any) -> Any:
    try:
        return await iterator.__anext__()
    except StopAsyncIteration:
        return _END


def _to_iterator(value: Any) -> Iterator[Any]:
    if hasattr(value, "__iter__") and not isinstance(value, (str, bytes, dict)):
        return iter(value)
    raise ExecutionError(
        "WINDLASS_NOT_A_GENERATOR",
        f"a function called by remoteGen must be a generator, this one returned {type(value).__name__}",
        "write `yield` in it, or call it by remote()",
    )
