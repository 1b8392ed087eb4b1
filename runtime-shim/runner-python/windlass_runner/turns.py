"""Who reads messages."""

import threading
from typing import Callable

# User code that keeps the main thread for longer has messages read beside it.
_BUSY_SECONDS = 0.01


class Turns:
    """
    The main thread reads while it has nothing to do, so that no message waits until a thread has woken another. While
    user code keeps it, a thread beside it reads. Only one of them does at a time.
    """

    def __init__(self, read: Callable[[], None], wake: Callable[[], None]) -> None:
        # Waits for messages and passes them on.
        self._read = read
        # Ends the waiting of `read`, now or when it is next called.
        self.wake = wake
        # To tell the main thread that the thread beside has stopped to read.
        self.on_passed: Callable[[], None] = lambda: None
        self._reading = threading.Lock()
        # How many times the main thread had something to do.
        self._turn = 0
        # Until the main thread asks for the first time, it is busy, and the thread beside reads.
        self._is_busy = threading.Event()
        self._is_busy.set()
        self._is_urgent = threading.Event()
        self._is_urgent.set()

    def begin(self) -> None:
        """The main thread has something to do."""
        self._turn += 1
        self._is_busy.set()

    def hurry(self) -> None:
        """It waits for a message while it does that."""
        self._is_urgent.set()

    def read_in_main(self) -> bool:
        """For the main thread, which has nothing to do. False if the thread beside reads: it calls `on_passed` then."""
        self._is_busy.clear()
        self._is_urgent.clear()
        if not self._reading.acquire(blocking=False):
            return False
        try:
            self._read()
        finally:
            self._reading.release()
        return True

    def read_beside(self) -> None:
        """For the thread beside; does not return."""
        while True:
            self._is_busy.wait()
            turn = self._turn
            self._is_urgent.wait(_BUSY_SECONDS)
            if turn != self._turn:
                continue
            with self._reading:
                while self._is_busy.is_set() and turn == self._turn:
                    self._read()
            self.on_passed()
