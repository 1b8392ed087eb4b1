"""The runner's end of the socket to its agent."""

import contextlib
import os
import select
import socket
import threading
from typing import Callable, List, Optional

from .frames import Buffer, FrameReader
from .messages import Message, parse_message

_LINK_FD = 3
_READ_BUFFER_BYTES = 256 * 1024
# Parts of a message that fit in this many bytes are written with one system call.
_MERGED_BYTES = 64 * 1024


# Names a socket, where a runner was not started by its agent itself.
_LINK_VARIABLE = "WINDLASS_LINK"


def _open_link() -> socket.socket:
    # Nothing that user code starts is to find it.
    path = os.environ.pop(_LINK_VARIABLE, None)
    if path is not None:
        link = socket.socket(socket.AF_UNIX)
        link.connect(path)
        return link
    # Programs that user code starts must not hold it open.
    os.set_inheritable(_LINK_FD, False)
    return socket.socket(fileno=_LINK_FD)


class Link:
    """Any thread may send; one thread at a time reads."""

    def __init__(self) -> None:
        self._socket = _open_link()
        self._socket.setblocking(True)
        self._lock = threading.Lock()
        self._woken, self._waker = os.pipe()
        self._buffer = memoryview(bytearray(_READ_BUFFER_BYTES))
        self._reader = FrameReader(lambda *_: None)

    def send(self, parts: List[Buffer]) -> None:
        with self._lock:
            try:
                self._write(parts)
            except OSError:
                # An agent that is gone wants nothing any more.
                os._exit(0)

    def listen(self, on_message: Callable[[Message], None]) -> None:
        """To be called once, before anything is read."""
        self._reader = FrameReader(
            lambda header, attachments: on_message(parse_message(header, attachments))
        )

    def read(self) -> bool:
        """
        Waits for bytes, or for `wake`, and passes on the messages that they complete; False when the agent is gone.
        Raises DeserializationError.
        """
        readable, _, _ = select.select([self._socket, self._woken], [], [])
        if self._woken in readable:
            os.read(self._woken, 1)
        if self._socket not in readable:
            return True
        count = self._read_large()
        if count is None:
            count = self._receive(self._buffer)
            self._reader.push(self._buffer[:count])
        return count > 0

    def wake(self) -> None:
        """Lets `read` return, now or when it is next called."""
        os.write(self._waker, b"w")

    def _read_large(self) -> Optional[int]:
        """Reads straight into the memory that a value will have; None where little of it is left, or there is none."""
        room = self._reader.room()
        if room is None:
            return None
        # Memory of which there is a view cannot grow.
        with room:
            count = self._receive(room) if len(room) > _READ_BUFFER_BYTES else None
        if count is not None:
            self._reader.filled(count)
        return count

    def _receive(self, room: memoryview) -> int:
        try:
            return self._socket.recv_into(room)
        except OSError:
            return 0

    def flush(self) -> None:
        """Returns once all that was sent has left this process, which sends nothing after it."""
        with self._lock, contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def _write(self, parts: List[Buffer]) -> None:
        if len(parts) == 1:
            self._socket.sendall(parts[0])
            return
        if sum(memoryview(part).nbytes for part in parts) <= _MERGED_BYTES:
            self._socket.sendall(b"".join(parts))
            return
        for part in parts:
            self._socket.sendall(part)
