"""The runner's end of the socket to its agent."""

import contextlib
import os
import socket
import threading
from typing import Callable, List, Optional

from .frames import Buffer, FrameReader
from .messages import Message, parse_message

_LINK_FD = 3
_READ_BUFFER_BYTES = 256 * 1024
# Parts of a message that fit in this many bytes are written with one system call.
_MERGED_BYTES = 64 * 1024


class Link:
    """Any thread may send; one thread reads, for as long as the agent lives."""

    def __init__(self) -> None:
        # Programs that user code starts must not hold it open.
        os.set_inheritable(_LINK_FD, False)
        self._socket = socket.socket(fileno=_LINK_FD)
        self._socket.setblocking(True)
        self._lock = threading.Lock()

    def send(self, parts: List[Buffer]) -> None:
        with self._lock:
            try:
                self._write(parts)
            except OSError:
                # An agent that is gone wants nothing any more.
                os._exit(0)

    def read(self, on_message: Callable[[Message], None]) -> None:
        """Passes messages on until the agent is gone. Raises DeserializationError."""
        reader = FrameReader(lambda header, attachments: on_message(parse_message(header, attachments)))
        buffer = memoryview(bytearray(_READ_BUFFER_BYTES))
        while True:
            count = self._read_large(reader)
            if count is None:
                count = self._receive(buffer)
                reader.push(buffer[:count])
            if count == 0:
                return

    def _read_large(self, reader: FrameReader) -> Optional[int]:
        """Reads straight into the memory that a value will have; None where little of it is left, or there is none."""
        room = reader.room()
        if room is None:
            return None
        # Memory of which there is a view cannot grow.
        with room:
            count = self._receive(room) if len(room) > _READ_BUFFER_BYTES else None
        if count is not None:
            reader.filled(count)
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
