"""Tags exceptions."""

from types import TracebackType
from typing import Any, Callable, Dict, List, Optional, Set

from windlass.errors import InputCancellation, RemoteException, WindlassError

from .limits import MAX_DEPTH, TAG

# Frames of a stack that travel: those nearest to the error.
_MAX_FRAMES = 50
_HIDDEN_FOLDERS = ("windlass_runner", "windlass")
_OWN_FIELDS = frozenset({"code", "hint", "message", "stack", "cause", "errors", "name"})

# Tags a value; None if it cannot be sent.
TryTag = Callable[[Any, str], Any]


def tag_error(error: BaseException, try_tag: TryTag) -> Dict[str, Any]:
    """Fields, cause and grouped exceptions that cannot be sent are left out: better than to lose the error."""
    name, message = _name_of(error), message_of(error)
    tagged: Dict[str, Any] = {TAG: "Error", "name": name, "message": message}
    stack = _stack_of(error, name, message)
    if stack is not None:
        tagged["stack"] = stack
    is_ours = isinstance(error, (WindlassError, InputCancellation))
    if is_ours:
        tagged["code"] = error.code  # type: ignore[attr-defined]
        if error.hint is not None:  # type: ignore[attr-defined]
            tagged["hint"] = error.hint  # type: ignore[attr-defined]
    _tag_cause(error, tagged, try_tag)
    errors = getattr(error, "exceptions", None) or vars(error).get("errors")
    if isinstance(errors, (list, tuple)) and errors:
        parts = (try_tag(each, "errors") for each in errors)
        tagged["errors"] = [part for part in parts if part is not None]
    fields = _fields_of(error, is_ours, try_tag)
    if fields:
        tagged["fields"] = fields
    return tagged


def message_of(error: BaseException) -> str:
    if isinstance(error, RemoteException):
        return error.message
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a broken __str__ of user code must not hide the error
        return ""


def trim_traceback(error: BaseException) -> None:
    """Leaves out the frames of ours that the error passed before user code."""
    trace = error.__traceback__
    while trace is not None and is_own_file(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    error.__traceback__ = trace


def is_own_file(path: str) -> bool:
    parts = path.replace("\\", "/").rsplit("/", 2)
    return len(parts) > 1 and parts[-2] in _HIDDEN_FOLDERS and path.startswith(_own_root())


def _own_root() -> str:
    return __file__.replace("\\", "/").rsplit("/", 2)[0]


def _name_of(error: BaseException) -> str:
    own = vars(error).get("name") if isinstance(error, (RemoteException, WindlassError)) else None
    return own if isinstance(own, str) else type(error).__name__


def _tag_cause(error: BaseException, tagged: Dict[str, Any], try_tag: TryTag) -> None:
    cause = error.__cause__
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    if cause is not None:
        part = try_tag(cause, "cause")
    elif "cause" in vars(error):
        value = vars(error)["cause"]
        part = {TAG: "undefined"} if value is None else try_tag(value, "cause")
    else:
        return
    if part is not None:
        tagged["cause"] = part


def _fields_of(error: BaseException, is_ours: bool, try_tag: TryTag) -> Dict[str, Any]:
    is_rebuilt = "stack" in vars(error)
    fields: Dict[str, Any] = {}
    for key, value in vars(error).items():
        hidden = key in _OWN_FIELDS and (is_ours or is_rebuilt or isinstance(error, RemoteException))
        if hidden and not (key == "code" and not is_ours):
            continue
        if type(key) is not str or key.startswith("_"):
            continue
        tagged = try_tag(value, key)
        if tagged is not None:
            fields[key] = tagged
    return fields


def _stack_of(error: BaseException, name: str, message: str) -> Optional[str]:
    """
    As JavaScript writes it: the error, and then the frames, the last call first. One that came from another process
    keeps where it was raised there.
    """
    if "stack" in vars(error):
        stack = vars(error)["stack"]
        return stack if isinstance(stack, str) else None
    head = f"{name}: {message}" if message else name
    lines = [*_syntax_lines(error), *_frames(error.__traceback__)]
    return "\n".join([head, *lines])


def _frames(trace: Optional[TracebackType]) -> List[str]:
    lines: List[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        file = code.co_filename
        if not file.startswith("<frozen ") and not is_own_file(file):
            lines.append(f"    at {code.co_name} ({file}:{trace.tb_lineno})")
        trace = trace.tb_next
    return lines[: -_MAX_FRAMES - 1 : -1]


def _syntax_lines(error: BaseException) -> List[str]:
    if not isinstance(error, SyntaxError) or error.filename is None:
        return []
    return [f"    at {error.filename}:{error.lineno}"]


def chain_is_too_long(error: BaseException) -> bool:
    """True for causes that go on for ever, or for longer than can be sent."""
    seen: Set[int] = set()
    current: Optional[BaseException] = error
    while current is not None:
        if id(current) in seen or len(seen) > MAX_DEPTH:
            return True
        seen.add(id(current))
        current = current.__cause__ or current.__context__
    return False
