"""Errors of Windlass, by the names that they have in TypeScript."""

import queue
from typing import Any, Dict, List, Optional, Type


class WindlassError(Exception):
    """Base of the errors of Windlass: `code` names the mistake, `hint` the fix."""

    def __init__(self, code: str, message: str, hint: Optional[str] = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class InvalidError(WindlassError):
    """An argument or a definition breaks a rule."""


class NotFoundError(WindlassError):
    """A named object does not exist."""


class AlreadyExistsError(WindlassError):
    """A name is taken."""


class ExecutionError(WindlassError):
    """Something was used where it cannot work."""


class NoBackendError(ExecutionError):
    """There is nowhere to run a remote call."""


class SerializationError(WindlassError):
    """A value cannot be sent; the message names the path to it."""


class DeserializationError(WindlassError):
    """Received bytes are not a valid value or frame."""


class RequestSizeError(WindlassError):
    """A value or frame is larger than a stated limit."""


class RemoteError(WindlassError):
    """A call failed remotely in a way that is not an exception of user code."""


class ContainerCrashedError(RemoteError):
    """The container of an input ended too often."""


class ContainerStartupError(RemoteError):
    """A container could not start."""


class TimeoutError(WindlassError):  # noqa: A001 - the name that TypeScript has
    """A wait ended before there was a result."""


class FunctionTimeoutError(TimeoutError):
    """One attempt of a function ran longer than `timeoutSeconds`."""


class OutputExpiredError(TimeoutError):
    """A call is older than seven days: its results were removed."""


class QueueEmptyError(TimeoutError, queue.Empty):
    """A queue had no item in time."""


class QueueFullError(TimeoutError, queue.Full):
    """A queue had no room in time."""


class NonRetriableError(WindlassError):
    """Raised by user code to fail an input at once, whatever `retries` says."""

    def __init__(self, message: str, hint: Optional[str] = None) -> None:
        super().__init__("WINDLASS_NON_RETRIABLE", message, hint)


class InputCancellation(BaseException):
    """
    The input was cancelled, or ran out of time. Raised in the running function; `except Exception` does not catch it,
    so that `finally` runs and nothing else.
    """

    def __init__(
        self,
        code: str = "WINDLASS_INPUT_CANCELLED",
        message: str = "the input was cancelled",
        hint: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class RemoteException(Exception):
    """An error of another language, or of a class that only the other side knows."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.errors: List[Any] = []

    def __str__(self) -> str:
        return f"{self.name}: {self.message}" if self.message else self.name


_OURS = (
    WindlassError,
    InvalidError,
    NotFoundError,
    AlreadyExistsError,
    ExecutionError,
    NoBackendError,
    SerializationError,
    DeserializationError,
    RequestSizeError,
    RemoteError,
    ContainerCrashedError,
    ContainerStartupError,
    TimeoutError,
    FunctionTimeoutError,
    OutputExpiredError,
    InputCancellation,
    QueueEmptyError,
    QueueFullError,
    NonRetriableError,
)

CLASSES: Dict[str, Type[BaseException]] = {each.__name__: each for each in _OURS}
"""By name, for the codec to rebuild what another process raised."""
