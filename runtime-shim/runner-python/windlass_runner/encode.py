"""Values into a page."""

import datetime
import enum
import json
import re
from json import encoder as json_encoder
from typing import Any, Callable, Dict, List, Optional, Sequence

from windlass.errors import WindlassError

from .arrays import tag_bytes, to_plain_scalar
from .frames import Buffer
from .limits import MAX_DEPTH, TAG
from .page import Page
from .records import fields_of
from .refusal import (
    Place,
    Text,
    check_size,
    refuse_cycle,
    refuse_depth,
    refuse_object,
    refuse_unreadable,
)
from .tag_error import tag_error

# Whole numbers that a double holds without a gap; beyond, most travel as bigint.
MAX_SAFE = 2**53
_PLAIN = frozenset({str, bool, float, type(None)})
_PRIMITIVES = frozenset({int, *_PLAIN})


def _no_default(value: Any) -> Any:
    raise TypeError(f"{type(value)} is no JSON")


def _create_encoder() -> Callable[[Any], str]:
    """Encodes one value. Made once: `json.dumps` makes an encoder for each call, which takes longer than it."""
    create = getattr(json_encoder, "c_make_encoder", None)
    text_of = vars(json_encoder)["encode_basestring"]
    if create is None:
        return json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
    encode = create(None, _no_default, text_of, None, ":", ",", False, False, False)
    join = "".join
    return lambda value: join(encode(value, 0))


to_json: Callable[[Any], str] = _create_encoder()
"""Plain JSON as text; strings may hold lone surrogates. Raises ValueError for NaN and the infinities."""

_SURROGATES = re.compile("[\ud800-\udfff]")


def to_utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Lone surrogates have no UTF-8: JSON writes them as escapes, as JavaScript does.
        return _SURROGATES.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode()


def is_plain(value: Any, depth: int) -> bool:
    """True if JSON keeps this value as it is; of numbers, ValueError of the encoder tells NaN and the infinities."""
    kind = type(value)
    if kind is dict:
        if depth == MAX_DEPTH:
            return False
        for key, item in value.items():
            if type(key) is not str:
                return False
            kind = type(item)
            if kind is int:
                if not -MAX_SAFE <= item <= MAX_SAFE:
                    return False
            elif kind not in _PLAIN and not is_plain(item, depth + 1):
                return False
        return True
    if kind is not list and kind is not tuple:
        return kind in _PLAIN or kind is int and -MAX_SAFE <= value <= MAX_SAFE
    return depth < MAX_DEPTH and all(is_plain(item, depth + 1) for item in value)


# Given as the depth, a value is plain only if it holds nothing but primitives.
FLAT = MAX_DEPTH - 1


def encode_page(values: Sequence[Any], root: Callable[[int], str]) -> Page:
    """Raises SerializationError that names the path to the first value that cannot be sent."""
    try:
        if is_plain(list(values), 0):
            return Page(to_json(list(values)), False)
    except (ValueError, RecursionError):
        pass
    attachments: List[Buffer] = []
    tagged = [tag_value(value, root(index), attachments) for index, value in enumerate(values)]
    return Page(to_json(tagged), True, attachments)


def encode_value(value: Any, root: str) -> Page:
    """A page of one value. Raises SerializationError, RequestSizeError."""
    page = encode_page([value], lambda _: root)
    check_size(page.text, root)
    return page


def tag_value(value: Any, root: str, attachments: List[Buffer]) -> Any:
    """The value as plain JSON, with tagged objects for what JSON lacks."""
    tagging = _Tagging(root, attachments)
    try:
        return tagging.tag(value)
    except WindlassError:
        raise
    except RecursionError:
        refuse_depth(tagging.place)
    except Exception as error:  # noqa: BLE001 - user code raised: a property, or an iterator
        refuse_unreadable(tagging.place, error)


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MILLISECOND = datetime.timedelta(milliseconds=1)
_SPECIAL = {float("inf"): "Infinity", float("-inf"): "-Infinity"}
_FLAGS = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"))


class _Tagging:
    """A value on its way into a page."""

    def __init__(self, root: str, attachments: List[Buffer]) -> None:
        self.place = Place(root)
        self._attachments = attachments

    def tag(self, value: Any) -> Any:
        kind = type(value)
        if kind is int:
            return _tag_int(value)
        if kind is float:
            return _tag_float(value)
        return value if kind in _PLAIN else self._tag_object(value)

    def _tag_at(self, step: Any, value: Any) -> Any:
        path = self.place.path
        path.append(step)
        tagged = self.tag(value)
        # Not in a `finally`: after a refusal the path says where it happened.
        path.pop()
        return tagged

    def _tag_object(self, value: Any) -> Any:
        ancestors = self.place.ancestors
        for index, ancestor in enumerate(ancestors):
            if ancestor is value:
                refuse_cycle(self.place, index)
        if len(ancestors) == MAX_DEPTH:
            refuse_depth(self.place)
        ancestors.append(value)
        tagged = self._tag_by_type(value)
        ancestors.pop()
        return tagged

    def _tag_by_type(self, value: Any) -> Any:
        if isinstance(value, enum.Enum):
            return self.tag(value.value)
        # Of subclasses what they are made of, as an IntEnum or the row of a driver.
        for base, convert in ((bool, bool), (int, int), (float, float), (str, str)):
            if isinstance(value, base):
                return self.tag(convert(value) if base is not str else str.__str__(value))
        if isinstance(value, (list, tuple)):
            return [self._tag_at(index, item) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return self._tag_dict(value)
        if isinstance(value, (set, frozenset)):
            items = [self._tag_at(Text(f"<item {at}>"), item) for at, item in enumerate(value)]
            return {TAG: "Set", "v": items}
        if isinstance(value, BaseException):
            return tag_error(value, self._try_tag)
        if isinstance(value, datetime.datetime):
            return _tag_datetime(value)
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
            flags = "".join(letter for flag, letter in _FLAGS if value.flags & flag)
            return {TAG: "RegExp", "source": value.pattern, "flags": flags}
        return self._tag_foreign(value)

    def _tag_foreign(self, value: Any) -> Any:
        scalar = to_plain_scalar(value)
        if scalar is not value:
            return self.tag(scalar)
        found = tag_bytes(value, self.place)
        if found is None:
            fields = fields_of(value)
            if fields is None:
                refuse_object(self.place, value)
            return self._tag_dict(fields)
        name, data, shape = found
        self._attachments.append(data)
        tagged = {TAG: name, "at": len(self._attachments) - 1}
        return tagged if shape is None else {**tagged, "shape": list(shape)}

    def _tag_dict(self, value: Dict[Any, Any]) -> Any:
        if all(isinstance(key, str) for key in value):
            fields = {str(key): self._tag_at(str(key), item) for key, item in value.items()}
            return {TAG: "Object", "v": fields} if TAG in fields else fields
        entries: List[Any] = []
        for index, (key, item) in enumerate(value.items()):
            step = f"[{key!r}]" if isinstance(key, (str, int, float)) else f"<value {index}>"
            entries.append([self._tag_at(Text(f"<key {index}>"), key), self._tag_at(Text(step), item)])
        return {TAG: "Map", "v": entries}

    def _try_tag(self, value: Any, step: str) -> Optional[Any]:
        """The tagged value of a part of an error, or None if it cannot be sent."""
        place, attachments = self.place, self._attachments
        before = (len(attachments), len(place.path), len(place.ancestors))
        try:
            return self._tag_at(step, value)
        except Exception:  # noqa: BLE001 - whatever it is, the rest of the error is worth more
            del attachments[before[0] :], place.path[before[1] :], place.ancestors[before[2] :]
            return None


def _tag_int(value: int) -> Any:
    if -MAX_SAFE <= value <= MAX_SAFE:
        return value
    try:
        # What a double holds exactly stays a number.
        if int(float(value)) == value:
            return value
    except OverflowError:
        pass
    return {TAG: "bigint", "v": f"{value:x}"}


def _tag_float(value: float) -> Any:
    if value != value:
        return {TAG: "NaN"}
    if value in _SPECIAL:
        return {TAG: _SPECIAL[value]}
    return {TAG: "-0"} if value == 0 and str(value) == "-0.0" else value


def _tag_datetime(value: datetime.datetime) -> Any:
    # Without a time zone it is local time, as for Python itself.
    return {TAG: "Date", "v": (value.astimezone(datetime.timezone.utc) - _EPOCH) // _MILLISECOND}
