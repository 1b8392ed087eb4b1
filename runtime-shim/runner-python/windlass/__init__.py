"""
Windlass in a container: calls of other functions, hooks of classes, dicts, queues and volumes, and what code can ask
about its input.
"""

from typing import TYPE_CHECKING, Any

from ._context import current_attempt, current_function_call_id, current_input_id, is_local
from ._hooks import asgi, enter, exit, method, preempt, wsgi
from .errors import (
    AlreadyExistsError,
    ContainerCrashedError,
    ContainerStartupError,
    DeserializationError,
    ExecutionError,
    FunctionTimeoutError,
    InputCancellation,
    InvalidError,
    NoBackendError,
    NonRetriableError,
    NotFoundError,
    OutputExpiredError,
    QueueEmptyError,
    QueueFullError,
    RemoteError,
    RemoteException,
    RequestSizeError,
    SerializationError,
    TimeoutError,
    WindlassError,
)

if TYPE_CHECKING:
    from ._dict import Dict
    from ._function import Cls, Function, RemoteObject, cls, function
    from ._function_call import FunctionCall
    from ._mounts import bucket_path, volume_path
    from ._queue import Queue
    from ._secret import Secret
    from ._volume import FileEntry, Volume

# Loaded when they are first used: most functions call no others.
_LATER = {
    "Cls": "_function",
    "Dict": "_dict",
    "FileEntry": "_volume",
    "Function": "_function",
    "FunctionCall": "_function_call",
    "Queue": "_queue",
    "RemoteObject": "_function",
    "Secret": "_secret",
    "Volume": "_volume",
    "bucket_path": "_mounts",
    "cls": "_function",
    "function": "_function",
    "volume_path": "_mounts",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'windlass' has no attribute '{name}'")
    import importlib

    value = getattr(importlib.import_module(f".{_LATER[name]}", __name__), name)
    globals()[name] = value
    return value


__all__ = [
    "AlreadyExistsError",
    "Cls",
    "ContainerCrashedError",
    "ContainerStartupError",
    "DeserializationError",
    "Dict",
    "ExecutionError",
    "FileEntry",
    "Function",
    "FunctionCall",
    "FunctionTimeoutError",
    "InputCancellation",
    "InvalidError",
    "NoBackendError",
    "NonRetriableError",
    "NotFoundError",
    "OutputExpiredError",
    "Queue",
    "QueueEmptyError",
    "QueueFullError",
    "RemoteError",
    "RemoteException",
    "RemoteObject",
    "RequestSizeError",
    "Secret",
    "SerializationError",
    "TimeoutError",
    "Volume",
    "WindlassError",
    "asgi",
    "bucket_path",
    "cls",
    "current_attempt",
    "current_function_call_id",
    "current_input_id",
    "enter",
    "exit",
    "function",
    "is_local",
    "method",
    "preempt",
    "volume_path",
    "wsgi",
]
