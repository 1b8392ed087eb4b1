"""A page into values."""

import datetime
import json
import re
from typing import Any, Callable, Dict, List, Sequence

from .arrays import is_bytes_tag, to_array
from .frames import Buffer
from .limits import MAX_DEPTH, TAG
from .malformed import (
    refuse_attachment,
    refuse_nesting,
    refuse_no_array,
    refuse_tag,
    refuse_tagged,
    refuse_text,
)
from .page import Page
from .untag_error import build_error


def _refuse_constant(_: str) -> Any:
    # NaN and the infinities, which this parser takes and JSON does not have.
    raise ValueError("not JSON")


_parse: Callable[[str], Any] = json.JSONDecoder(parse_constant=_refuse_constant).decode


def decode_page(page: Page) -> List[Any]:
    """The values of a page; arrays are views of its attachments. Raises DeserializationError."""
    values = _parse_text(page.text)
    if type(values) is not list:
        refuse_no_array(values)
    if not page.tagged:
        return values
    try:
        return _Untagging(page.attachments).items(values, 0)
    except RecursionError:
        refuse_nesting()


def _parse_text(text: str) -> Any:
    try:
        return _parse(text)
    except RecursionError:
        refuse_nesting()
    except ValueError as cause:
        refuse_text(cause)


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_CONSTANTS: Dict[str, Any] = {
    "undefined": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
    "-0": -0.0,
}
_HEXADECIMAL = re.compile("-?[0-9a-f]+")
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
_OTHER_FLAGS = frozenset("dguvy")


class _Untagging:
    """Replaces tagged objects within what the parser made."""

    def __init__(self, attachments: Sequence[Buffer]) -> None:
        self._attachments = attachments

    def items(self, items: List[Any], depth: int) -> List[Any]:
        for index, item in enumerate(items):
            if type(item) in (dict, list):
                items[index] = self.value(item, depth)
        return items

    def value(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            refuse_nesting()
        if type(value) is list:
            return self.items(value, depth + 1)
        if type(value) is not dict:
            return value
        return self.tagged(value, depth + 1) if TAG in value else self.fields(value, depth + 1)

    def fields(self, fields: Dict[str, Any], depth: int) -> Dict[str, Any]:
        for key, field in fields.items():
            if type(field) in (dict, list):
                fields[key] = self.value(field, depth)
        return fields

    def tagged(self, tagged: Dict[str, Any], depth: int) -> Any:
        name = tagged[TAG]
        if type(name) is not str:
            refuse_tag(name)
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        read = _READERS.get(name)
        if read is not None:
            return read(self, tagged, depth)
        if not is_bytes_tag(name):
            refuse_tag(name)
        at = tagged.get("at")
        if type(at) is not int or not 0 <= at < len(self._attachments):
            refuse_attachment(at, len(self._attachments))
        return to_array(name, self._attachments[at], tagged.get("shape"))

    def bigint(self, tagged: Dict[str, Any], _: int) -> int:
        text = tagged.get("v")
        if type(text) is not str or _HEXADECIMAL.fullmatch(text) is None:
            refuse_tagged("bigint", "hexadecimal digits")
        return int(text, 16)

    def date(self, tagged: Dict[str, Any], _: int) -> Any:
        time = tagged.get("v", "")
        if time is None:
            return None
        if type(time) not in (int, float):
            refuse_tagged("Date", "milliseconds or null")
        try:
            return _EPOCH + datetime.timedelta(milliseconds=time)
        except OverflowError as cause:
            refuse_tagged("Date", "a time in the years 1 to 9999", cause)

    def pattern(self, tagged: Dict[str, Any], _: int) -> Any:
        source, flags = tagged.get("source"), tagged.get("flags")
        if type(source) is not str or type(flags) is not str:
            refuse_tagged("RegExp", "a source and flags")
        bits = 0
        for flag in flags:
            if flag not in _FLAGS and flag not in _OTHER_FLAGS or flags.count(flag) > 1:
                refuse_tagged("RegExp", "a valid source and flags")
            bits |= _FLAGS.get(flag, 0)
        try:
            return re.compile(source, bits)
        except (re.error, RecursionError, OverflowError) as cause:
            refuse_tagged("RegExp", "a source that Python's `re` takes, and valid flags", cause)

    def escaped(self, tagged: Dict[str, Any], depth: int) -> Dict[str, Any]:
        fields = tagged.get("v")
        if type(fields) is not dict:
            refuse_tagged("Object", "an object of fields")
        return self.fields(fields, depth)

    def map(self, tagged: Dict[str, Any], depth: int) -> Dict[Any, Any]:
        entries = self.array("Map", tagged.get("v"))
        found: Dict[Any, Any] = {}
        for entry in entries:
            pair = self.array("Map", entry)
            if len(pair) != 2:
                refuse_tagged("Map", "pairs of key and value")
            key, value = self.items(pair, depth)
            found[_to_key("Map", key)] = value
        if len(found) != len(entries):
            refuse_tagged("Map", "keys that Python tells apart")
        return found

    def set(self, tagged: Dict[str, Any], depth: int) -> Any:
        items = self.items(self.array("Set", tagged.get("v")), depth)
        return {_to_key("Set", item) for item in items}

    def error(self, tagged: Dict[str, Any], depth: int) -> BaseException:
        errors, fields = tagged.get("errors"), tagged.get("fields")
        if fields is not None and type(fields) is not dict:
            refuse_tagged("Error", "an object of fields")
        parts: Dict[str, Any] = {name: self.text(tagged, name) for name in ("name", "message")}
        for name in ("stack", "code", "hint"):
            parts[name] = self.text(tagged, name) if name in tagged else None
        return build_error(
            **parts,
            class_name=self.text(tagged, "class") if "class" in tagged else None,
            cause=self.items([tagged["cause"]], depth) if "cause" in tagged else [],
            errors=None if errors is None else self.items(self.array("Error", errors), depth),
            fields={} if fields is None else self.fields(fields, depth),
        )

    def text(self, tagged: Dict[str, Any], name: str) -> str:
        value = tagged.get(name)
        if type(value) is not str:
            refuse_tagged("Error", "text for its name, message and stack")
        return value

    def array(self, tag: str, value: Any) -> List[Any]:
        if type(value) is not list:
            refuse_tagged(tag, "an array")
        return value


_READERS: Dict[str, Callable[[_Untagging, Dict[str, Any], int], Any]] = {
    "bigint": _Untagging.bigint,
    "Date": _Untagging.date,
    "RegExp": _Untagging.pattern,
    "Object": _Untagging.escaped,
    "Map": _Untagging.map,
    "Set": _Untagging.set,
    "Error": _Untagging.error,
}


def _to_key(tag: str, value: Any) -> Any:
    """The value as a key: lists become tuples, sets frozen sets."""
    if type(value) is list:
        return tuple(_to_key(tag, item) for item in value)
    if type(value) is set:
        return frozenset(value)
    try:
        hash(value)
    except TypeError as cause:
        refuse_tagged(tag, "keys that Python can hash: no objects and maps", cause)
    return value
