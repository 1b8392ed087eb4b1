"""Interrupts what a thread runs."""

import signal
import threading
from typing import Any, Callable, Optional

from windlass.errors import InputCancellation

_WAKE_SIGNAL: Optional[int] = getattr(signal, "SIGURG", None)


class Guard:
    """
    Says when a thread runs user code, and lets others interrupt it only then: an exception that landed within our own
    code would tear a message apart.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread = 0
        self._is_open = False
        self._was_interrupted = False

    def open(self) -> None:
        """From now on this thread may be interrupted, until it calls `close`."""
        with self._lock:
            self._thread = threading.get_ident()
            self._is_open = True

    def close(self) -> None:
        """No interruption comes after this has returned."""
        while True:
            try:
                with self._lock:
                    self._is_open = False
                    # User code may have swallowed it, or it is about to land here.
                    if self._was_interrupted:
                        _raise_in(self._thread, None)
                        self._was_interrupted = False
                return
            except InputCancellation:
                continue

    def interrupt(self, is_due: Callable[[], bool]) -> None:
        """Raises InputCancellation in the thread, if it runs what is to be interrupted."""
        with self._lock:
            if not self._is_open or not is_due():
                return
            self._was_interrupted = True
            _raise_in(self._thread, InputCancellation)
            _wake(self._thread)


def prepare_wake() -> None:
    """To be called by the main thread: a signal ends a system call that it waits in, such as that of a sleep."""
    if _WAKE_SIGNAL is not None:
        signal.signal(_WAKE_SIGNAL, lambda *_: None)


def _wake(thread: int) -> None:
    if _WAKE_SIGNAL is not None and thread == threading.main_thread().ident:
        # Before its handler returns, the exception is raised in it.
        signal.pthread_kill(thread, _WAKE_SIGNAL)


def _raise_in(thread: int, error: Any) -> None:
    import ctypes

    argument = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), argument)
