"""A function or method, ready to be called with the arguments that travelled."""

from typing import Any, Callable, FrozenSet, Sequence, Tuple

from .records import converting

_CO_COROUTINE = 0x80
_CO_ASYNC_GENERATOR = 0x200


class Handler:
    """`unary` takes the single argument, `many` the list of arguments."""

    def __init__(self, function: Callable[..., Any]) -> None:
        names, positional = _keyword_only(function)
        flags = _code_flags(function)
        self.is_async = bool(flags & (_CO_COROUTINE | _CO_ASYNC_GENERATOR))
        call = converting(function)
        self.unary: Callable[[Any], Any] = call
        self.many: Callable[[Sequence[Any]], Any] = lambda arguments: call(*arguments)
        if names:
            spread = _spreading(call, names, positional)
            self.unary = lambda argument: spread([argument])
            self.many = spread


def _code_flags(function: Callable[..., Any]) -> int:
    plain = getattr(function, "__func__", function)
    while hasattr(plain, "func"):
        plain = plain.func  # A functools.partial.
    if not hasattr(plain, "__code__") and not hasattr(plain, "__wrapped__"):
        plain = getattr(type(plain).__call__, "__func__", type(plain).__call__)
    # What a decorator wrapped tells what its wrapper most likely gives back.
    while hasattr(plain, "__wrapped__"):
        plain = plain.__wrapped__
    code = getattr(plain, "__code__", None)
    return 0 if code is None else int(code.co_flags)


def _keyword_only(function: Callable[..., Any]) -> Tuple[FrozenSet[str], int]:
    """Names that can only be given by keyword, and how many arguments can be given by position."""
    plain = getattr(function, "__func__", function)
    code = getattr(plain, "__code__", None)
    # Most functions have none, and `inspect` takes longer to load than the rest of this program.
    if code is not None and code.co_kwonlyargcount == 0 and not hasattr(plain, "__wrapped__"):
        return frozenset(), 0
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return frozenset(), 0
    names = frozenset(each.name for each in parameters if each.kind is each.KEYWORD_ONLY)
    by_position = [
        each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    return names, len(by_position)


def _spreading(
    function: Callable[..., Any], names: FrozenSet[str], positional: int
) -> Callable[[Sequence[Any]], Any]:
    """Passes a trailing object whose keys are all keyword-only parameters as these."""

    def call(arguments: Sequence[Any]) -> Any:
        last: Any = arguments[-1] if arguments else None
        is_options = type(last) is dict and last.keys() <= names
        if is_options and (last or len(arguments) > positional):
            return function(*arguments[:-1], **last)
        return function(*arguments)

    return call
