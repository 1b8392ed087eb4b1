"""Exceptions from tagged errors."""

import builtins
from typing import Any, Dict, List, Optional

from windlass.errors import CLASSES, RemoteException, WindlassError

# Those whose constructors take more than a message cannot be rebuilt from one.
_BUILT_IN = {
    name: each
    for name, each in vars(builtins).items()
    if isinstance(each, type)
    and issubclass(each, Exception)
    and not issubclass(each, (UnicodeError, StopIteration, StopAsyncIteration))
    and "Group" not in name
    and each.__name__ == name
}


def build_error(
    *,
    name: Optional[str],
    message: Optional[str],
    stack: Optional[str],
    code: Optional[str],
    hint: Optional[str],
    cause: List[Any],
    errors: Optional[List[Any]],
    fields: Dict[str, Any],
) -> BaseException:
    """
    An exception of the class of its name, if that is the language's or ours, else a RemoteException with that name.
    `stack` is where it was raised in the other process.
    """
    error = _construct(name or "Error", message or "", code, hint)
    error.stack = stack  # type: ignore[attr-defined]
    if cause:
        if isinstance(cause[0], BaseException):
            error.__cause__ = cause[0]
        else:
            error.cause = cause[0]  # type: ignore[attr-defined]
    if errors is not None:
        error.errors = errors  # type: ignore[attr-defined]
    for key, value in fields.items():
        # Never by assignment: a field named as a property of the class must not call it.
        error.__dict__[key] = value
    if stack is not None and hasattr(error, "add_note"):
        error.add_note(f"Where it was raised:\n{stack}")
    return error


def _construct(name: str, message: str, code: Optional[str], hint: Optional[str]) -> BaseException:
    if code is not None:
        error_class = CLASSES.get(name, WindlassError)
        error = error_class.__new__(error_class, message)
        WindlassError.__init__(error, code, message, hint) if isinstance(
            error, WindlassError
        ) else error_class.__init__(error, code, message, hint)
        if error_class.__name__ != name:
            error.name = name  # type: ignore[attr-defined]
        return error
    built_in = _BUILT_IN.get(name)
    if built_in is None:
        return RemoteException(name, message)
    return built_in(_key_of(message) if built_in is KeyError else message)


def _key_of(message: str) -> Any:
    """A KeyError says its key as Python writes it, and would quote it a second time."""
    import ast

    try:
        return ast.literal_eval(message)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return message
