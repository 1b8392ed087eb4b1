"""Exceptions from tagged errors."""

import builtins
from typing import Any, Dict, Iterator, List, Optional

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
    class_name: Optional[str],
    message: Optional[str],
    stack: Optional[str],
    code: Optional[str],
    hint: Optional[str],
    cause: List[Any],
    errors: Optional[List[Any]],
    fields: Dict[str, Any],
) -> BaseException:
    """
    An exception of the class of its name, if that is the language's, ours, or one that was imported here, else a
    RemoteException with that name. `stack` is where it was raised in the other process.
    """
    name, message = name or "Error", message or ""
    error = None
    if class_name is not None and code is None:
        error = _of_user_code(class_name, message, fields)
    error = error or _construct(name, message, code, hint) or _of_user_code(name, message, fields)
    error = error or RemoteException(class_name if class_name and name == "Error" else name, message)
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


def _construct(
    name: str, message: str, code: Optional[str], hint: Optional[str]
) -> Optional[BaseException]:
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
        return None
    return built_in(_key_of(message) if built_in is KeyError else message)


def _of_user_code(name: str, message: str, fields: Dict[str, Any]) -> Optional[BaseException]:
    """Of the only class of this name that was imported here. Its constructor is not called: it may take anything."""
    found = {each for each in _subclasses(Exception) if each.__name__ == name}
    # "Error" is what JavaScript calls the errors that have no class, and Python's modules some of theirs.
    if len(found) != 1 or name == "Error":
        return None
    (error_class,) = found
    # The class of C that it stands on, and not its own `__new__`.
    base: Any = next(each for each in error_class.__mro__ if each.__module__ == "builtins")
    try:
        error: BaseException = base.__new__(error_class, message)
        error.__dict__.update(fields)
        str(error)
    except Exception:  # noqa: BLE001 - it lacks a field that could not be sent
        return None
    return error


def _subclasses(cls: type) -> Iterator[type]:
    for each in cls.__subclasses__():
        yield each
        yield from _subclasses(each)


def _key_of(message: str) -> Any:
    """A KeyError says its key as Python writes it, and would quote it a second time."""
    import ast

    try:
        return ast.literal_eval(message)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return message
