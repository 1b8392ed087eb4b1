"""A request to an app that speaks WSGI."""

import io
import threading
from collections import deque
from typing import Any, Callable, Deque, List, Optional, Tuple

from .frames import Buffer
from .interrupt import Guard
from .messages import Message
from .outbox import Send
from .web_frames import (
    CREDIT_BYTES,
    WINDOW_BYTES,
    ClientDisconnected,
    RequestFields,
    pieces,
    request_message,
)


class WsgiExchange:
    """`receive_message` is for the thread that reads messages, the rest for the one that answers."""

    def __init__(self, key: int, fields: RequestFields, send: Send) -> None:
        self.key = key
        self.fields = fields
        self.guard = Guard()
        self.has_ended = False
        self._send = send
        self._changed = threading.Condition()
        self._credit = WINDOW_BYTES
        self._is_gone = False
        self._chunks: Deque[memoryview] = deque()
        self._has_more = fields.has_body
        self._untold = 0
        # Status and headers, until the first part of the body.
        self._start: Optional[Tuple[int, List[str]]] = None
        self._has_sent = False
        self.body = io.BufferedReader(_Body(self._read), CREDIT_BYTES)

    @property
    def is_gone(self) -> bool:
        return self._is_gone

    def receive_message(self, message: Message) -> None:
        name, _, *fields = message.control
        with self._changed:
            if name == "request-body":
                self._chunks.extend(memoryview(part) for part in message.attachments)
                self._has_more = fields[0] == 1
            elif name == "response-credit":
                self._credit += fields[0]
            elif name == "request-gone":
                self._is_gone = True
            self._changed.notify_all()

    def start(
        self, status: str, headers: List[Tuple[str, str]], exc_info: Any = None
    ) -> Callable[[Buffer], None]:
        """The `start_response` of the app."""
        if exc_info is not None and self._has_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        if exc_info is None and self._start is not None:
            raise RuntimeError("the app called start_response twice")
        self._start = (int(status[:3]), [part for pair in headers for part in pair])
        return self.write

    def write(self, part: Buffer) -> None:
        """Raises ClientDisconnected."""
        for piece in pieces(part):
            self._wait_for_credit(piece.nbytes)
            self._send_part(piece, True)

    def finish(self) -> None:
        """The app has given all of its answer."""
        self._send_part(None, False)

    def end(self, has_failed: bool) -> None:
        self.has_ended = True
        self._send(request_message("request-done", self.key, 1 if has_failed else 0))

    def _send_part(self, part: Optional[Buffer], more: bool) -> None:
        flag = 1 if more else 0
        if self._start is None:
            raise RuntimeError("the app answered before it had called start_response")
        if self._has_sent:
            self._send(request_message("response-body", self.key, flag, data=part))
        else:
            self._has_sent = True
            self._send(request_message("response", self.key, *self._start, flag, data=part))

    def _wait_for_credit(self, count: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._credit > 0 or self._is_gone)
            if self._is_gone:
                raise ClientDisconnected("the client has gone")
            self._credit -= count

    def _read(self, room: memoryview) -> int:
        """Waits for more of the body, and gives how much it was; 0 at its end. Raises ClientDisconnected."""
        with self._changed:
            self._changed.wait_for(lambda: self._chunks or not self._has_more or self._is_gone)
            if not self._chunks:
                if self._has_more:
                    raise ClientDisconnected("the client has gone")
                return 0
            chunk = self._chunks.popleft()
            count = min(len(chunk), len(room))
            room[:count] = chunk[:count]
            if count < len(chunk):
                self._chunks.appendleft(chunk[count:])
            self._untold += count
            told, self._untold = (self._untold, 0) if self._untold >= CREDIT_BYTES else (0, self._untold)
        if told > 0:
            self._send(request_message("request-credit", self.key, told))
        return count


class _Body(io.RawIOBase):
    def __init__(self, read: Callable[[memoryview], int]) -> None:
        super().__init__()
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._read(memoryview(buffer).cast("B"))
