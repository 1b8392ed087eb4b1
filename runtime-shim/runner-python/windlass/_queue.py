"""`windlass.Queue`."""

import time
from typing import Any, Iterable, Iterator, List, Optional

from windlass_runner.packed import pack_value, unpack_value

from ._object import MadeObject, Objects, size_of
from ._steps import Item, Iteration, Pause, Steps, Stepwise
from .errors import InvalidError, QueueEmptyError, QueueFullError, RequestSizeError

_MAX_PARTITION_BYTES = 64
_MAX_ITEM_BYTES = 1024 * 1024
# Items of a batch: as many, or as many bytes.
_BATCH_ITEMS = 100
_BATCH_BYTES = 4 * 1024 * 1024
# One question waits for this long at most; then it is asked again.
_WAIT_MS = 20_000
_POLL_SECONDS = 0.1
_MAX_POLL_SECONDS = 5
_DAY_SECONDS = 86_400
_CODE = "WINDLASS_INVALID_QUEUE_ARGUMENT"


class Queue(MadeObject):
    """
    Items that all containers and programs of an environment pass to each other, first in, first out. Each is given to
    one of those who ask. It takes what calls can carry, up to 1 MiB an item, and 5,000 items a partition.
    """

    kind = "queue"
    objects = Objects("queue")

    @Stepwise
    def put(
        self,
        item: Any,
        block: bool = True,
        timeout: Optional[float] = None,
        *,
        partition: Optional[str] = None,
        partition_ttl: float = _DAY_SECONDS,
    ) -> Steps:
        """Adds an item. Raises QueueFullError where there is no room in time; SerializationError, RequestSizeError."""
        return self._put([item], _seconds(block, timeout), partition, partition_ttl)

    @Stepwise
    def put_many(
        self,
        items: Iterable[Any],
        block: bool = True,
        timeout: Optional[float] = None,
        *,
        partition: Optional[str] = None,
        partition_ttl: float = _DAY_SECONDS,
    ) -> Steps:
        """Adds items in their order, in batches. Raises QueueFullError where there is no room in time for the next."""
        return self._put(items, _seconds(block, timeout), partition, partition_ttl)

    @Stepwise
    def get(
        self, block: bool = True, timeout: Optional[float] = None, *, partition: Optional[str] = None
    ) -> Steps:
        """
        Takes the first item. Raises QueueEmptyError, which is a `queue.Empty`, where there is none in time; with
        `block=False` answers None at once.
        """
        items = yield from self._get(1, _seconds(block, timeout), partition)
        if items or not block:
            return items[0] if items else None
        raise QueueEmptyError(
            "WINDLASS_QUEUE_EMPTY",
            f"{self._describe(partition)} has no item",
            "wait longer with `timeout`, or use get_many(1), which answers none",
        )

    @Stepwise
    def get_many(
        self,
        n_values: int,
        block: bool = True,
        timeout: Optional[float] = None,
        *,
        partition: Optional[str] = None,
    ) -> Steps:
        """Takes up to so many items once there is one; none where there is none in time."""
        if type(n_values) is not int or n_values < 1:
            message = f"get_many() takes a whole number of items of at least 1, got {n_values!r}"
            raise InvalidError(_CODE, message, "write for instance `get_many(10)`")
        return self._get(n_values, _seconds(block, timeout), partition)

    @Stepwise
    def len(self, *, partition: Optional[str] = None, total: bool = False) -> Steps:
        """How many items a partition has, or with `total` all partitions together."""
        return (yield from self._ask("count", _one_or_all(partition, "total", total)))

    @Stepwise
    def clear(self, *, partition: Optional[str] = None, all: bool = False) -> Steps:  # noqa: A002 - Modal's name
        """Removes all items of a partition, or with `all` those of all partitions."""
        yield from self._ask("clear", _one_or_all(partition, "all", all))

    @Iteration
    def iterate(self, *, partition: Optional[str] = None, item_poll_timeout: float = 0) -> Steps:
        """Reads items in their order without taking them; goes on with those put within that time after the last."""
        _check_seconds("item_poll_timeout", item_poll_timeout, 0)
        query = {"partition": _partition(partition)}
        deadline = time.monotonic() + item_poll_timeout
        while True:
            page = yield from self._ask("page", query)
            for item in page["items"]:
                yield Item(unpack_value(item))
            if page.get("last") is not None:
                query = {**query, "after": page["last"]}
            if page["items"]:
                deadline = time.monotonic() + item_poll_timeout
            elif time.monotonic() >= deadline:
                return
            else:
                yield Pause(_POLL_SECONDS)

    def _put(
        self, items: Iterable[Any], seconds: Optional[float], partition: Optional[str], ttl: float
    ) -> Steps:
        _check_seconds("partition_ttl", ttl, 1, 7 * _DAY_SECONDS)
        wanted = {"partition": _partition(partition), "ttlMs": ttl * 1000}
        batches = list(self._batches(items))
        deadline = _deadline(seconds)
        for batch in batches:
            pause = _POLL_SECONDS
            while not (yield from self._ask("put", {**wanted, "items": batch})):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._full(partition)
                yield Pause(min(left, pause))
                pause = min(_MAX_POLL_SECONDS, pause * 2)

    def _get(self, count: int, seconds: Optional[float], partition: Optional[str]) -> Steps:
        wanted = {"partition": _partition(partition), "count": count}
        deadline = _deadline(seconds)
        while True:
            wait_ms = min(_WAIT_MS, max(0, (deadline - time.monotonic()) * 1000))
            items: List[bytes] = yield from self._ask("get", {**wanted, "waitMs": wait_ms})
            if items or time.monotonic() >= deadline:
                return [unpack_value(item) for item in items]

    def _batches(self, items: Iterable[Any]) -> Iterator[List[bytes]]:
        batch: List[bytes] = []
        size = 0
        for item in items:
            packed = self._pack(item)
            if len(batch) >= _BATCH_ITEMS or size + len(packed) > _BATCH_BYTES:
                yield batch
                batch, size = [], 0
            batch.append(packed)
            size += len(packed)
        if batch:
            yield batch

    def _pack(self, item: Any) -> bytes:
        packed = pack_value(item, "item")
        if len(packed) <= _MAX_ITEM_BYTES:
            return packed
        raise RequestSizeError(
            "WINDLASS_QUEUE_ITEM_SIZE",
            f"an item of {self.subject} must take at most 1 MiB, got {len(packed)} bytes",
            "put what is large into a Dict or a file, and its name into the queue",
        )

    def _full(self, partition: Optional[str]) -> QueueFullError:
        return QueueFullError(
            "WINDLASS_QUEUE_FULL",
            f"{self._describe(partition)} has no room: a partition has at most 5000 items",
            "wait longer with `timeout`, take more at a time, or use more partitions",
        )

    def _describe(self, partition: Optional[str]) -> str:
        return self.subject if partition is None else f'partition "{partition}" of {self.subject}'


def _seconds(block: bool, timeout: Optional[float]) -> Optional[float]:
    """How long to wait; None: for ever."""
    if timeout is not None:
        _check_seconds("timeout", timeout, 0)
    return timeout if block else 0


def _deadline(seconds: Optional[float]) -> float:
    return float("inf") if seconds is None else time.monotonic() + seconds


def _partition(partition: Optional[str]) -> str:
    """"" is the one without a name. Raises InvalidError for what is none."""
    if partition is None:
        return ""
    if 0 < size_of(partition) <= _MAX_PARTITION_BYTES:
        return partition
    message = f"a partition must be 1 to {_MAX_PARTITION_BYTES} bytes of text, got {partition!r}"
    raise InvalidError(_CODE, message, "leave it out for the one without a name")


def _one_or_all(partition: Optional[str], word: str, is_all: bool) -> Optional[str]:
    if not is_all:
        return _partition(partition)
    if partition is None:
        return None
    message = f"`partition` and `{word}` exclude each other, got both"
    raise InvalidError(_CODE, message, "leave one of them out")


def _check_seconds(name: str, seconds: Any, least: float, most: float = float("inf")) -> None:
    if isinstance(seconds, (int, float)) and least <= seconds <= most:
        return
    limit = "" if most == float("inf") else f" and at most {most}"
    message = f"`{name}` must be at least {least}{limit}, got {seconds!r}"
    raise InvalidError(_CODE, message, "write seconds")
