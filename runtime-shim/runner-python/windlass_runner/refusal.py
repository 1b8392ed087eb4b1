"""Errors for values that cannot be sent, with the path to them."""

import json
from typing import Any, List, NoReturn, Optional, Tuple, Type, Union

from windlass.errors import RequestSizeError, SerializationError, WindlassError

from .limits import MAX_DEPTH, MAX_TEXT_BYTES

_SHOWN_STEPS = 12


class Text(str):
    """A step into what has neither fields nor indexes, such as `<key 2>`."""


Step = Union[str, int, Text]


class Place:
    """Where in a value an encoder is: its name, the steps to the value in hand, and the objects around that."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.path: List[Step] = []
        self.ancestors: List[Any] = []

    def describe(self, depth: Optional[int] = None) -> str:
        steps = self.path if depth is None else self.path[:depth]
        shown = [_step_text(step) for step in steps[:_SHOWN_STEPS]]
        return self.root + "".join(shown) + ("…" if len(steps) > _SHOWN_STEPS else "")


def _step_text(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if isinstance(step, Text):
        return step
    return f".{step}" if step.isidentifier() else f"[{json.dumps(step, ensure_ascii=False)}]"


def refuse_object(place: Place, value: Any) -> NoReturn:
    """For a value of a type that is not data."""
    for matches, code, what, hint in _KINDS:
        if matches(value):
            _refuse(code, f"`{place.describe()}` is {what}, and only data can be sent", hint)
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    message = (
        f"`{place.describe()}` is an instance of class {name.replace('builtins.', '')}, "
        "and only the standard data types can be sent"
    )
    _refuse("WINDLASS_VALUE_CLASS_INSTANCE", message, _hint_for(value))


def refuse_cycle(place: Place, ancestor: int) -> NoReturn:
    origin = place.describe(ancestor)
    message = (
        f"`{place.describe()}` refers back to `{origin}`, and a value that contains itself cannot be sent"
    )
    _refuse("WINDLASS_VALUE_CYCLE", message, "send ids instead of references")


def refuse_depth(place: Place) -> NoReturn:
    message = f"`{place.describe()}` is nested more than {MAX_DEPTH} levels deep"
    hint = "send a flat list of nodes that refer to each other by id"
    _refuse("WINDLASS_VALUE_TOO_DEEP", message, hint)


def refuse_array(place: Place, kind: str) -> NoReturn:
    message = f"`{place.describe()}` is an array of {kind}, and only arrays of numbers can be sent"
    hint = "convert it with `.astype()`, or send `.tolist()`"
    _refuse("WINDLASS_VALUE_ARRAY_TYPE", message, hint)


def refuse_unreadable(place: Place, cause: BaseException) -> NoReturn:
    message = f"`{place.describe()}` cannot be read ({cause})"
    error = SerializationError("WINDLASS_VALUE_UNREADABLE", message, "send a plain copy of the data")
    raise error from cause


def check_size(text: str, root: str) -> None:
    """Raises RequestSizeError for a value whose text is longer than a frame can hold."""
    # A character takes four bytes at most: short texts need no count.
    if len(text) * 4 <= MAX_TEXT_BYTES:
        return
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_TEXT_BYTES:
        message = f"{root} must be at most {MAX_TEXT_BYTES} bytes as JSON, got {size}"
        hint = "send large data as bytes, which travel as they are, or as a path to a file"
        raise RequestSizeError("WINDLASS_VALUE_TOO_LARGE", message, hint)


def _refuse(
    code: str, message: str, hint: str, error_class: Type[WindlassError] = SerializationError
) -> NoReturn:
    raise error_class(code, message, hint)


def _is_generator(value: Any) -> bool:
    return hasattr(value, "asend") or hasattr(value, "send") and hasattr(value, "__next__")


def _is_awaitable(value: Any) -> bool:
    return hasattr(value, "__await__")


_KINDS: Tuple[Tuple[Any, str, str, str], ...] = (
    (
        _is_awaitable,
        "WINDLASS_VALUE_PROMISE",
        "a coroutine or future",
        "await it first",
    ),
    (
        _is_generator,
        "WINDLASS_VALUE_GENERATOR",
        "a generator",
        "call the function with remoteGen, or return `list(…)`",
    ),
    (
        callable,
        "WINDLASS_VALUE_FUNCTION",
        "a function",
        "send the data that the function needs, and define the function where it runs",
    ),
)


def _hint_for(value: Any) -> str:
    if hasattr(value, "isoformat"):
        return "send `value.isoformat()`, or a datetime"
    if hasattr(value, "__dataclass_fields__"):
        return "send `dataclasses.asdict(value)`"
    if hasattr(value, "model_dump"):
        return "send `value.model_dump()`"
    return "send a dict with the data of the instance, for example `vars(instance)`"
