"""Windlass in a container: calls of other functions, hooks of classes, and what code can ask about its input."""

from typing import TYPE_CHECKING, Any

from ._context import current_attempt, current_function_call_id, current_input_id, is_local
from ._hooks import enter, exit, method, preempt
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
    RemoteError,
    RemoteException,
    RequestSizeError,
    SerializationError,
    TimeoutError,
    WindlassError,
)

if TYPE_CHECKING:
    from ._function import Cls, Function, RemoteObject, cls, function
    from ._function_call import FunctionCall
    from ._mounts import bucket_path, volume_path

# Loaded when they are first used: most functions call no others.
_LATER = {
    "Cls": "_function",
    "Function": "_function",
    "FunctionCall": "_function_call",
    "RemoteObject": "_function",
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
    "ExecutionError",
    "Function",
    "FunctionCall",
    "FunctionTimeoutError",
    "InputCancellation",
    "InvalidError",
    "NoBackendError",
    "NonRetriableError",
    "NotFoundError",
    "OutputExpiredError",
    "RemoteError",
    "RemoteException",
    "RemoteObject",
    "RequestSizeError",
    "SerializationError",
    "TimeoutError",
    "WindlassError",
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
]
