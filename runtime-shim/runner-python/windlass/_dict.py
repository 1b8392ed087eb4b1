"""`windlass.Dict`."""

from typing import Any, Callable, Iterable, Iterator, List, Mapping, Optional, Tuple, Union

from windlass_runner.packed import pack_value, unpack_value

from ._object import MadeObject, Objects, size_of
from ._steps import Item, Iteration, Steps, Stepwise
from .errors import ExecutionError, InvalidError, RequestSizeError

_MIB = 1024 * 1024
_MAX_KEY_BYTES = 1000
_MAX_VALUE_BYTES = 100 * _MIB
# Entries of one request: as many, or as many bytes.
_BATCH_ENTRIES = 5000
_BATCH_BYTES = 4 * _MIB
# Others change an entry at the same time: after this many attempts in vain something is wrong.
_MAX_ATTEMPTS = 100
_MISSING = object()

Entries = Union[Mapping[str, Any], Iterable[Tuple[str, Any]]]


class Dict(MadeObject):
    """
    Values by keys that all containers and programs of an environment share. Keys are texts of 1 to 1,000 bytes, values
    whatever a call can carry, up to 100 MiB each. An entry is removed seven days after it was last written or read.

    What `get` answers is a copy: a change of it is not stored before `put`.
    """

    kind = "dict"
    objects = Objects("dict")

    @Stepwise
    def get(self, key: str, default: Any = None) -> Steps:
        """The value of a key, or `default` where there is none. Raises NotFoundError for a dict that does not exist."""
        entry = yield from self._read(key)
        return default if entry is None else unpack_value(entry["value"])

    @Stepwise
    def put(self, key: str, value: Any, *, skip_if_exists: bool = False) -> Steps:
        """
        Sets the value of a key; False where `skip_if_exists` and it has one: of several who try, one wins. Raises
        SerializationError, RequestSizeError.
        """
        return (yield from self._write(key, value, {"expected": None} if skip_if_exists else {}))

    @Stepwise
    def modify(self, key: str, change: Callable[[Any], Any]) -> Steps:
        """
        Changes the value of a key to what `change` makes of it (None where there is none), and answers that. Where
        somebody else writes it meanwhile, `change` is called again with the new value.
        """
        for _ in range(_MAX_ATTEMPTS):
            entry = yield from self._read(key)
            changed = change(None if entry is None else unpack_value(entry["value"]))
            expected = None if entry is None else entry["version"]
            if (yield from self._write(key, changed, {"expected": expected})):
                return changed
        raise ExecutionError(
            "WINDLASS_DICT_CONTENDED",
            f"the value of {key!r} in {self.subject} changed each time before it could be written",
            "do less within `modify`, or spread what many write over several keys",
        )

    @Stepwise
    def pop(self, key: str, default: Any = _MISSING) -> Steps:
        """Removes an entry and answers its value: of several who ask, one gets it. Raises KeyError without `default`."""
        self._check_key(key)
        value = yield from self._ask("take", key)
        if value is not None:
            return unpack_value(value)
        if default is _MISSING:
            raise KeyError(key)
        return default

    @Stepwise
    def contains(self, key: str) -> Steps:
        """True for a key that has a value; does not count as a read of it."""
        self._check_key(key)
        return (yield from self._ask("has", key))

    @Stepwise
    def update(self, entries: Entries = (), /, **named: Any) -> Steps:
        """Sets many values, in batches: others may see some of them before all are set."""
        pairs: Any = entries.items() if hasattr(entries, "items") else entries
        for batch in self._batches([*pairs, *named.items()]):
            yield from self._ask("putMany", batch)

    @Stepwise
    def len(self) -> Steps:
        """How many entries it has. On AWS that takes reading the size of each."""
        return (yield from self._ask("count"))

    @Stepwise
    def clear(self) -> Steps:
        """Removes all entries at once."""
        yield from self._ask("clear")

    @Iteration
    def keys(self) -> Steps:
        """All keys, in no order, read in pages as they are asked for."""
        return self._entries(False, lambda entry: entry["key"])

    @Iteration
    def values(self) -> Steps:
        """All values, in no order, read in pages; does not count as a read of them."""
        return self._entries(True, lambda entry: unpack_value(entry["value"]))

    @Iteration
    def items(self) -> Steps:
        """All keys with their values, in no order, read in pages; does not count as a read of them."""
        return self._entries(True, lambda entry: (entry["key"], unpack_value(entry["value"])))

    def __getitem__(self, key: str) -> Any:
        value = self.get(key, _MISSING)
        if value is _MISSING:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        self.put(key, value)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __contains__(self, key: str) -> bool:
        return bool(self.contains(key))

    # Without it, `for key in d` would ask for d[0], d[1], ….
    def __iter__(self) -> Iterator[str]:
        keys: Iterator[str] = self.keys()
        return keys

    def _read(self, key: str) -> Steps:
        self._check_key(key)
        return (yield from self._ask("get", key))

    def _write(self, key: str, value: Any, expected: Mapping[str, Optional[str]]) -> Steps:
        # Before anything is waited for: what its owner does to it later is not seen.
        packed = self._pack(key, value)
        return (yield from self._ask("put", {"key": key, "value": packed, **expected}))

    def _entries(self, with_values: bool, take: Callable[[Any], Any]) -> Steps:
        query = {"withValues": with_values}
        while True:
            page = yield from self._ask("page", query)
            for entry in page["entries"]:
                if not with_values or entry.get("value") is not None:
                    yield Item(take(entry))
            if page.get("next") is None:
                return
            query = {**query, "after": page["next"]}

    def _batches(self, pairs: Iterable[Tuple[str, Any]]) -> Iterator[List[Any]]:
        # A key that comes twice has its last value.
        batch: Any = {}
        size = 0
        for key, value in pairs:
            batch[key] = packed = self._pack(key, value)
            size += len(packed)
            if len(batch) >= _BATCH_ENTRIES or size >= _BATCH_BYTES:
                yield [{"key": each, "value": batch[each]} for each in batch]
                batch, size = {}, 0
        if batch:
            yield [{"key": each, "value": batch[each]} for each in batch]

    def _pack(self, key: str, value: Any) -> bytes:
        self._check_key(key)
        packed = pack_value(value, f"value of {key!r}")
        if len(packed) <= _MAX_VALUE_BYTES:
            return packed
        raise RequestSizeError(
            "WINDLASS_DICT_VALUE_SIZE",
            f"the value of {key!r} in {self.subject} must take at most 100 MiB, got {-(-len(packed) // _MIB)} MiB",
            "put large data into files, and their names into the dict",
        )

    def _check_key(self, key: Any) -> None:
        if 0 < size_of(key) <= _MAX_KEY_BYTES:
            return
        is_long = size_of(key) > _MAX_KEY_BYTES
        got = f"{size_of(key)} bytes" if is_long else repr(key)
        hint = "use a hash of it" if is_long else "write it as text, for instance `str(key)`"
        message = f"a key of {self.subject} must be 1 to {_MAX_KEY_BYTES} bytes of text, got {got}"
        raise InvalidError("WINDLASS_INVALID_DICT_KEY", message, hint)
