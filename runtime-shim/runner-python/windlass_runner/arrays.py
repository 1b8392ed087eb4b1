"""Types whose data travels as an attachment: bytes, arrays of the standard library and of numpy."""

import array
import sys
from typing import Any, Dict, NamedTuple, Optional, Tuple, cast

from .frames import Buffer
from .malformed import refuse_tagged
from .refusal import Place, refuse_array


class _Kind(NamedTuple):
    width: int
    # As numpy names it; little-endian, as on the wire.
    dtype: str
    # As the `array` module and memoryview name it.
    code: str


_TYPED: Dict[str, _Kind] = {
    "Int8Array": _Kind(1, "<i1", "b"),
    "Int16Array": _Kind(2, "<i2", "h"),
    "Uint16Array": _Kind(2, "<u2", "H"),
    "Float16Array": _Kind(2, "<f2", "e"),
    "Int32Array": _Kind(4, "<i4", "i"),
    "Uint32Array": _Kind(4, "<u4", "I"),
    "Float32Array": _Kind(4, "<f4", "f"),
    "Float64Array": _Kind(8, "<f8", "d"),
    "BigInt64Array": _Kind(8, "<i8", "q"),
    "BigUint64Array": _Kind(8, "<u8", "Q"),
}
_BYTES = frozenset({"Uint8Array", "Uint8ClampedArray", "ArrayBuffer", "Buffer", "DataView"})
_TAGS = {(kind.dtype[1], kind.width): tag for tag, kind in _TYPED.items()}
_TAGS.update({("u", 1): "Uint8Array", ("b", 1): "Uint8Array"})
_CODE_KINDS = {"b": "i", "h": "i", "i": "i", "l": "i", "q": "i", "B": "u", "H": "u", "I": "u"}
_CODE_KINDS.update({"L": "u", "Q": "u", "e": "f", "f": "f", "d": "f", "?": "b", "c": "u"})

Tagged = Tuple[str, Buffer, Optional[Tuple[int, ...]]]


def is_bytes_tag(name: Any) -> bool:
    return isinstance(name, str) and (name in _BYTES or name in _TYPED)


def to_array(name: str, data: Buffer, shape: Any) -> Any:
    """
    The value of a tag. Bytes of JavaScript are `bytes`; numbers are a numpy array where numpy is installed, else an
    `array.array`. Not copied, except for bytes.
    """
    if name in _BYTES and shape is None:
        return bytes(data)
    kind = _TYPED.get(name, _Kind(1, "<u1", "B"))
    if memoryview(data).nbytes % kind.width != 0:
        refuse_tagged(name, f"a whole number of {kind.width}-byte elements")
    numpy = _numpy()
    if numpy is not None:
        flat = numpy.frombuffer(data, dtype=kind.dtype)
        return flat if shape is None else _reshape(name, flat, shape)
    if kind.code == "e":
        return memoryview(data).cast("B").cast(cast(Any, "e"))
    values = array.array(kind.code)
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def tag_bytes(value: Any, place: Place) -> Optional[Tagged]:
    """Tag, bytes and shape of a value whose data is bytes; None for any other. Copies only what is not contiguous."""
    kind = type(value)
    if kind in (bytes, bytearray):
        return ("Uint8Array", value, None)
    if isinstance(value, array.array):
        return _tag_buffer(memoryview(value), place)
    if isinstance(value, memoryview):
        return _tag_buffer(value, place)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _tag_ndarray(numpy, value, place)
    return ("Uint8Array", value, None) if isinstance(value, (bytes, bytearray)) else None


def to_plain_scalar(value: Any) -> Any:
    """A number of numpy as one of Python; anything else as it is."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.generic, numpy.ndarray)):
        return value
    if isinstance(value, numpy.ndarray):
        return value.item() if value.ndim == 0 else value
    return value.item() if value.dtype.kind in "biufM" else value


def _tag_buffer(view: memoryview, place: Place) -> Tagged:
    code = view.format.lstrip("<=@|") if sys.byteorder == "little" else view.format
    tag = _TAGS.get((_CODE_KINDS.get(code, "?"), view.itemsize))
    if tag is None:
        refuse_array(place, f'items of format "{view.format}"')
    return (tag, view.cast("B") if view.c_contiguous and view.nbytes else view.tobytes(), None)


def _tag_ndarray(numpy: Any, value: Any, place: Place) -> Tagged:
    tag = _TAGS.get((value.dtype.kind, value.dtype.itemsize))
    if tag is None:
        refuse_array(place, str(value.dtype))
    swapped = value.dtype.newbyteorder("<")
    flat = numpy.ascontiguousarray(value if value.dtype == swapped else value.astype(swapped))
    # Of one dimension and another type than bytes, the tag says it all.
    is_plain = value.ndim == 1 and tag != "Uint8Array"
    data = flat.reshape(-1).view("u1").data if flat.size else b""
    return (tag, data, None if is_plain else value.shape)


def _reshape(name: str, flat: Any, shape: Any) -> Any:
    try:
        return flat.reshape(tuple(shape))
    except (TypeError, ValueError) as cause:
        refuse_tagged(name, "a shape of as many elements as it has", cause)


_found: Any = ()


def _numpy() -> Any:
    """Numpy, imported when the first array of numbers arrives; None where it is not installed."""
    global _found
    if _found == ():
        try:
            import numpy

            _found = numpy
        except ImportError:
            _found = None
    return _found
