"""Objects of dataclasses and of pydantic: they travel as their fields, and arrive as annotations say."""

import enum
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

Convert = Callable[[Any], Any]

# What arrives as what it is: no annotation of these asks for anything.
_PLAIN = frozenset({bool, int, float, complex, str, bytes, bytearray, list, dict, set, tuple, object, Any, None})
_PLAIN_NAMES = frozenset(
    {"bool", "int", "float", "str", "bytes", "bytearray", "list", "dict", "set", "tuple", "object", "Any", "None"}
)


def fields_of(value: Any) -> Optional[Dict[str, Any]]:
    """The fields of an object of a dataclass or a model; None for any other."""
    kind = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        names = [field.name for field in sys.modules["dataclasses"].fields(value)]
    elif _is_model(kind):
        names = list(_model_fields(kind))
    else:
        return None
    return {name: getattr(value, name) for name in names}


def converting(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, taking plain objects where its annotations name dataclasses, models, enums or named tuples."""
    by_name, by_position = _converters(function)
    if not by_name:
        return function
    last = len(by_position)

    def call(*arguments: Any, **keywords: Any) -> Any:
        positional: List[Any] = [
            value if index >= last or by_position[index] is None else by_position[index](value)
            for index, value in enumerate(arguments)
        ]
        for name in keywords.keys() & by_name.keys():
            keywords[name] = by_name[name](keywords[name])
        return function(*positional, **keywords)

    return call


def _converters(function: Callable[..., Any]) -> Tuple[Dict[str, Convert], List[Any]]:
    source: Any = getattr(function, "__init__") if isinstance(function, type) else function
    annotations = getattr(source, "__annotations__", None) or {}
    if all(_is_plain(each) for name, each in annotations.items() if name != "return"):
        return {}, []
    import inspect
    import typing

    try:
        hints = typing.get_type_hints(source)
        parameters = list(inspect.signature(function).parameters.values())
    except Exception:  # noqa: BLE001 - names that are there for type checkers alone, and whatever else they are
        return {}, []
    by_name = {name: convert for name, convert in ((name, _of(hint)) for name, hint in hints.items()) if convert}
    by_name.pop("return", None)
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return by_name, [by_name.get(each.name) for each in parameters if each.kind in positional]


def _is_plain(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation in _PLAIN_NAMES
    try:
        return annotation in _PLAIN
    except TypeError:
        return False


def _of(hint: Any) -> Optional[Convert]:
    """What makes a value as the hint asks of one that travelled; None if that is the same."""
    if isinstance(hint, type) and not hasattr(hint, "__origin__"):
        return _of_class(hint)
    arguments = getattr(hint, "__args__", ())
    origin = getattr(hint, "__origin__", None)
    if origin is Union or type(hint).__name__ == "UnionType":
        return _of_union(arguments)
    if not isinstance(origin, type) or not arguments:
        return None
    if issubclass(origin, tuple):
        return _of_tuple(arguments)
    if issubclass(origin, dict) or hasattr(origin, "items"):
        item = _of(arguments[-1])
        return item and _when(dict, lambda value: {key: item(each) for key, each in value.items()})
    if len(arguments) != 1:
        return None
    item = _of(arguments[0])
    return item and _when(list, lambda value: [item(each) for each in value])


def _of_class(cls: type) -> Optional[Convert]:
    if hasattr(cls, "__dataclass_fields__"):
        return _when(dict, lambda value: converting(cls)(**value))
    if _is_model(cls):
        validate = getattr(cls, "model_validate", None) or getattr(cls, "parse_obj")
        return _when(dict, validate)
    if issubclass(cls, enum.Enum):
        return lambda value: value if isinstance(value, cls) else cls(value)
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _when(list, lambda value: converting(cls)(*value))
    return None


def _of_union(members: Any) -> Optional[Convert]:
    """Of several that could be meant, none is chosen."""
    found = [convert for convert in (_of(member) for member in members) if convert]
    if len(found) != 1:
        return None
    return lambda value: None if value is None else found[0](value)


def _of_tuple(members: Any) -> Optional[Convert]:
    if len(members) == 2 and members[1] is Ellipsis:
        item = _of(members[0])
        return item and _when(list, lambda value: tuple(item(each) for each in value))
    items = [_of(member) for member in members]
    if not any(items):
        return None

    def convert(value: Any) -> Any:
        if len(value) != len(items):
            return value
        return tuple(each if item is None else item(each) for item, each in zip(items, value))

    return _when(list, convert)


def _when(kind: type, convert: Convert) -> Convert:
    return lambda value: convert(value) if isinstance(value, kind) else value


def _is_model(kind: type) -> bool:
    if "pydantic" not in sys.modules:
        return False
    return hasattr(kind, "model_validate") or hasattr(kind, "parse_obj")


def _model_fields(kind: type) -> Any:
    return getattr(kind, "model_fields", None) or getattr(kind, "__fields__", {})
