"""Stored values: a page of one value as bytes, as docs/wire.md draws it."""

import struct
from typing import Any, NoReturn

from windlass.errors import DeserializationError

from .decode import decode_page
from .encode import encode_page, to_utf8
from .page import Page

_FIXED = struct.Struct("<BI")
_LENGTH_BYTES = 4


def pack_value(value: Any, root: str) -> bytes:
    """Raises SerializationError naming the path below `root`."""
    text, tagged, attachments = encode_page([value], lambda _: root)
    head = _FIXED.pack(1 if tagged else 0, len(attachments))
    lengths = struct.pack(f"<{len(attachments)}I", *(memoryview(part).nbytes for part in attachments))
    return b"".join([head, lengths, *attachments, to_utf8(text)])


def unpack_value(packed: bytes) -> Any:
    """Raises DeserializationError."""
    return decode_page(_to_page(memoryview(packed)))[0]


def _to_page(packed: memoryview) -> Page:
    if len(packed) < _FIXED.size:
        _refuse(packed)
    tagged, count = _FIXED.unpack_from(packed)
    at = _FIXED.size + _LENGTH_BYTES * count
    if at > len(packed):
        _refuse(packed)
    attachments = []
    for length in struct.unpack_from(f"<{count}I", packed, _FIXED.size):
        if at + length > len(packed):
            _refuse(packed)
        # A copy: an array of numpy is a view of it, and may be written to.
        attachments.append(bytearray(packed[at : at + length]))
        at += length
    return Page(_to_text(packed[at:]), tagged == 1, attachments)


def _to_text(data: memoryview) -> str:
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError:
        _refuse(data)


def _refuse(packed: memoryview) -> NoReturn:
    raise DeserializationError(
        "WINDLASS_VALUE_MALFORMED",
        f"a stored value of {len(packed)} bytes must begin with its attachments and their lengths",
        "only Windlass may write to its store and its table",
    )
