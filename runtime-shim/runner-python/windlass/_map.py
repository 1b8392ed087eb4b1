"""Calls of many inputs, and generators."""

import queue
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional

from windlass_runner.calls import Channel, Failure, Results, Sink
from windlass_runner.encode import encode_page

from ._target import Target, backend

# Inputs whose outputs may be unconsumed.
_WINDOW_INPUTS = 1000
# Inputs of a page at most: each page costs a message.
_PAGE_INPUTS = 250
# A generator is let on in steps of this many items; it starts with credit for two of them.
_CREDIT_STEP = 500


class MapOptions(NamedTuple):
    # True when each item is the single argument, false when it is the tuple of arguments.
    unary: bool
    ordered: bool
    return_exceptions: bool


class _Map:
    def __init__(self, target: Target, items: Iterable[Any], options: MapOptions) -> None:
        self._items = iter(items)
        self._options = options
        self._arrived: "queue.SimpleQueue[Results]" = queue.SimpleQueue()
        self._channel: Channel = backend().open(
            target.request("map"), Sink(self._arrived.put, lambda _: None)
        )
        self._pushed = 0
        self._total: Optional[int] = None
        self._buffer: Dict[int, Any] = {}

    def run(self) -> Iterator[Any]:
        yielded = 0
        try:
            while yielded != self._total:
                self._feed(yielded)
                if yielded == self._total:
                    return
                index = self._next_index(yielded)
                if index is None:
                    self._take(self._arrived.get())
                    continue
                yield self._told(self._buffer.pop(index))
                yielded += 1
        finally:
            if yielded != self._total:
                self._channel.cancel()
            self._channel.close()

    def _feed(self, yielded: int) -> None:
        """Fills what room there is, once it is worth a message."""
        room = _WINDOW_INPUTS - (self._pushed - yielded)
        if self._total is not None or room < _PAGE_INPUTS and self._pushed > yielded:
            return
        while room > 0 and self._total is None:
            self._push(min(room, _PAGE_INPUTS))
            room = _WINDOW_INPUTS - (self._pushed - yielded)

    def _push(self, limit: int) -> None:
        page: List[Any] = []
        for item in self._items:
            page.append(item if self._options.unary else list(item))
            if len(page) == limit:
                break
        else:
            self._total = self._pushed + len(page)
        if not page:
            return
        first = self._pushed
        encoded = encode_page(page, lambda index: f"input {first + index}")
        self._channel.push(first, len(page), self._options.unary, encoded)
        self._pushed += len(page)

    def _next_index(self, yielded: int) -> Optional[int]:
        if not self._options.ordered:
            return next(iter(self._buffer), None)
        return yielded if yielded in self._buffer else None

    def _take(self, results: Results) -> None:
        for index, value in enumerate(results.values, results.start):
            # A failure is raised when it arrives, even while earlier outputs are outstanding.
            if type(value) is Failure and not self._options.return_exceptions:
                raise value.error
            self._buffer[index] = value

    @staticmethod
    def _told(value: Any) -> Any:
        return value.error if type(value) is Failure else value


def call_map(target: Target, items: Iterable[Any], options: MapOptions) -> Iterator[Any]:
    """Runs a function once per item; nothing runs until the result is iterated."""
    yield from _Map(target, items, options).run()


def call_generator(target: Target, arguments: List[Any]) -> Iterator[Any]:
    """What a generator yields, as it comes."""
    arrived: "queue.SimpleQueue[Any]" = queue.SimpleQueue()
    channel = backend().open(target.request("generator"), Sink(arrived.put, arrived.put))
    taken, is_done = 0, False
    try:
        channel.push(0, 1, False, encode_page([arguments], lambda _: "args"))
        while True:
            page = arrived.get()
            if isinstance(page, Results):
                if type(page.values[0]) is Failure:
                    raise page.values[0].error
                is_done = True
                return
            for item in page:
                yield item
                taken += 1
                if taken % _CREDIT_STEP == 0:
                    channel.credit(_CREDIT_STEP)
    finally:
        if not is_done:
            channel.cancel()
        channel.close()
