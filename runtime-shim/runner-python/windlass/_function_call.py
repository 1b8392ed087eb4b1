"""Spawned calls: stored, they run whether or not anyone waits."""

import time
from typing import Any, Iterable, Iterator, List, Optional

from windlass_runner.calls import Failure, Reading
from windlass_runner.encode import encode_page, encode_value

from ._ids import create_call_id, parse_call_id
from ._target import Target, backend
from .errors import TimeoutError

# Inputs of a stored page, and inputs read from the store at once.
_PAGE_INPUTS = 1000
# One look at the store waits this long at most; a longer wait looks again.
_LOOK_MS = 10_000


class FunctionCall:
    """A spawned call: its results are kept for seven days, for any process that knows its `id`."""

    def __init__(self, id: str) -> None:  # noqa: A002 - the name that it has in TypeScript
        self.id = id

    def get(self, timeout_seconds: Optional[float] = None, index: int = 0) -> Any:
        """Waits for a result. Raises what the function raised; TimeoutError when there is none in time."""
        call_id, own = parse_call_id(self.id)
        wanted = index if own is None else own
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while True:
            left = _LOOK_MS if deadline is None else (deadline - time.monotonic()) * 1000
            reading = _read(call_id, wanted, max(0, min(_LOOK_MS, int(left))))
            for value in _values_from(reading, wanted, wanted + 1):
                return value
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(
                    "WINDLASS_GET_TIMEOUT",
                    f"call {self.id} has no result after {timeout_seconds} s",
                    "wait longer, or call get() again later: the call goes on",
                )

    def iter(self) -> Iterator[Any]:
        """Results in the order of the inputs, each waited for. Raises the first failure."""
        call_id, own = parse_call_id(self.id)
        following, end = (0, None) if own is None else (own, own + 1)
        while end is None or following < end:
            reading = _read(call_id, following, _LOOK_MS)
            end = reading.total if end is None else end
            for value in _values_from(reading, following, end):
                yield value
                following += 1

    def cancel(self) -> None:
        """Stops the inputs that are not done."""
        call_id, own = parse_call_id(self.id)
        backend().cancel(call_id, -1 if own is None else own)


def call_spawn(target: Target, arguments: List[Any]) -> FunctionCall:
    """Stores a call and returns."""
    call_id = create_call_id()
    page = encode_value(arguments, "args")
    backend().spawn(target.request("group", call_id), 1, False, page)
    backend().end_spawn(call_id, 1)
    return FunctionCall(f"{call_id}.0")


def call_spawn_map(target: Target, items: Iterable[Any]) -> FunctionCall:
    """Stores one call with an input per item."""
    call_id = create_call_id()
    request = target.request("map", call_id)
    total = 0
    for page in _pages(items):
        encoded = encode_page(page, lambda index: f"input {index}")
        backend().spawn(request, len(page), True, encoded, total)
        total += len(page)
    backend().end_spawn(call_id, total)
    return FunctionCall(call_id)


def _pages(items: Iterable[Any]) -> Iterator[List[Any]]:
    page: List[Any] = []
    for item in items:
        page.append(item)
        if len(page) == _PAGE_INPUTS:
            yield page
            page = []
    if page:
        yield page


def _read(call_id: str, start: int, wait_ms: int) -> Reading:
    reading: Reading = backend().read(call_id, start, _PAGE_INPUTS, wait_ms)
    return reading


def _values_from(reading: Reading, start: int, end: Optional[int]) -> Iterator[Any]:
    for page in reading.pages:
        for index, value in enumerate(page.values, page.start):
            if index < start or end is not None and index >= end:
                continue
            if type(value) is Failure:
                raise value.error
            yield value
