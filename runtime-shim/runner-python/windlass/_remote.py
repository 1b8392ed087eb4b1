"""Calls that are awaited: each input is a call of its own, and those of one target share a channel."""

import threading
from concurrent.futures import Future
from typing import Any, Dict, List, Tuple

from windlass_runner.calls import Channel, Failure, Results, Sink
from windlass_runner.encode import encode_value

from ._target import Target, backend


class _Group:
    def __init__(self, target: Target) -> None:
        self._lock = threading.Lock()
        self._waiting: Dict[int, "Future[Any]"] = {}
        self._next = 0
        self._channel: Channel = backend().open(target.request("group"), Sink(self._settle, lambda _: None))

    def call(self, arguments: List[Any]) -> Tuple["Future[Any]", int]:
        page = encode_value(arguments, "args")
        future: "Future[Any]" = Future()
        # Pushed in the order of their indexes.
        with self._lock:
            index = self._next
            self._next += 1
            self._waiting[index] = future
            self._channel.push(index, 1, False, page)
        return future, index

    def cancel(self, index: int) -> None:
        if self._waiting.pop(index, None) is not None:
            self._channel.cancel(index)

    def _settle(self, results: Results) -> None:
        for index, value in enumerate(results.values, results.start):
            future = self._waiting.pop(index, None)
            # From here on it cannot be cancelled.
            if future is None or not future.set_running_or_notify_cancel():
                continue
            if type(value) is Failure:
                future.set_exception(value.error)
            else:
                future.set_result(value)


_groups: Dict[Target, _Group] = {}
_lock = threading.Lock()


def _group_of(target: Target) -> _Group:
    with _lock:
        group = _groups.get(target)
        if group is None:
            group = _groups[target] = _Group(target)
        return group


def call_remote(target: Target, arguments: List[Any]) -> Any:
    """Runs a function once, and waits for its result."""
    group = _group_of(target)
    future, index = group.call(arguments)
    try:
        return future.result()
    finally:
        # Its caller was interrupted, so nobody wants it any more.
        group.cancel(index)


async def call_remote_aio(target: Target, arguments: List[Any]) -> Any:
    import asyncio

    group = _group_of(target)
    future, index = group.call(arguments)
    try:
        return await asyncio.wrap_future(future)
    finally:
        group.cancel(index)
