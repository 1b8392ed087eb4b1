"""A request to an app that speaks ASGI."""

import asyncio
from collections import deque
from typing import Any, Deque, Dict, List, Optional, Tuple
from urllib.parse import unquote

from .frames import Buffer
from .messages import Message
from .outbox import Send
from .web_frames import (
    CREDIT_BYTES,
    WINDOW_BYTES,
    ClientDisconnected,
    RequestFields,
    pairs,
    pieces,
    request_message,
)

Event = Dict[str, Any]


def scope_of(kind: str, fields: RequestFields, state: Dict[str, Any]) -> Dict[str, Any]:
    path, _, query = fields.target.partition("?")
    return {
        "type": kind,
        # 2.3: frameworks listen for the client's leaving while they send.
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": fields.http_version,
        "scheme": "ws" if kind == "websocket" else "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in pairs(fields.headers)
        ],
        "client": tuple(fields.client),
        "server": tuple(fields.server),
        # Each request has a copy of its own: what is in it is shared.
        "state": state.copy(),
    }


def header_texts(headers: Any) -> List[str]:
    """Names and values in turn, as they travel."""
    return [bytes(part).decode("latin-1") for pair in headers for part in pair]


class Outgoing:
    """What is sent to a client, no faster than it takes it."""

    def __init__(self, key: int, send: Send) -> None:
        self._key = key
        self._send = send
        self._credit = WINDOW_BYTES
        self._changed = asyncio.Event()
        self.is_gone = False

    def add_credit(self, count: int) -> None:
        self._credit += count
        self._changed.set()

    def end(self) -> None:
        self.is_gone = True
        self._changed.set()

    async def data(self, name: str, *fields: Any, data: Buffer) -> None:
        """Raises ClientDisconnected."""
        while self._credit <= 0 and not self.is_gone:
            self._changed.clear()
            await self._changed.wait()
        if self.is_gone:
            raise ClientDisconnected("the client has gone")
        self._credit -= memoryview(data).nbytes
        self._send(request_message(name, self._key, *fields, data=data))


class Incoming:
    """What a client sends, as its app asks for it."""

    def __init__(self, key: int, send: Send) -> None:
        self._key = key
        self._send = send
        self._waiting: Deque[Tuple[Event, int]] = deque()
        self._changed = asyncio.Event()
        self._untold = 0

    def add(self, event: Event, size: int = 0) -> None:
        """`size`: the room that it takes."""
        self._waiting.append((event, size))
        self._changed.set()

    def wake(self) -> None:
        self._changed.set()

    def take(self) -> Optional[Event]:
        if not self._waiting:
            return None
        event, size = self._waiting.popleft()
        self._untold += size
        if self._untold >= CREDIT_BYTES:
            self._send(request_message("request-credit", self._key, self._untold))
            self._untold = 0
        return event

    async def wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class HttpExchange:
    """All but the constructor is for the event loop."""

    def __init__(self, key: int, fields: RequestFields, state: Dict[str, Any], send: Send) -> None:
        self.key = key
        self.scope = scope_of("http", fields, state)
        self.scope["method"] = fields.method
        self.task: Any = None
        self._send = send
        self._out = Outgoing(key, send)
        self._in = Incoming(key, send)
        if not fields.has_body:
            self._in.add(_body(b"", False))
        # Status and headers, held until the first part of the body, or until the app waits for something.
        self._start: Optional[List[Any]] = None
        self._has_started = False
        self._is_complete = False

    @property
    def is_gone(self) -> bool:
        return self._out.is_gone

    def receive_message(self, message: Message) -> None:
        name, _, *fields = message.control
        if name == "request-body":
            data = bytes(message.attachments[0]) if message.attachments else b""
            self._in.add(_body(data, fields[0] == 1), len(data))
        elif name == "response-credit":
            self._out.add_credit(fields[0])
        elif name == "request-gone":
            self._out.end()
            self._in.wake()

    async def receive(self) -> Event:
        while True:
            if self.is_gone or self._is_complete:
                return {"type": "http.disconnect"}
            event = self._in.take()
            if event is not None:
                return event
            await self._in.wait()

    async def send(self, event: Event) -> None:
        kind = event["type"]
        if kind == "http.response.start" and not self._has_started:
            self._has_started = True
            self._start = [event["status"], header_texts(event.get("headers", ()))]
            asyncio.get_running_loop().call_soon(self._send_start)
        elif kind == "http.response.body" and self._has_started and not self._is_complete:
            await self._send_body(event.get("body", b""), bool(event.get("more_body", False)))
        else:
            raise RuntimeError(f"the app sent {kind}, which is not what may follow")

    def finish(self) -> None:
        """The app has returned. Raises RuntimeError if it should not have."""
        if not self._is_complete and not self.is_gone:
            raise RuntimeError("the app returned before it had sent its whole answer")

    def end(self, has_failed: bool) -> None:
        self._start = None
        self._send(request_message("request-done", self.key, 1 if has_failed else 0))

    def _send_start(self) -> None:
        """Without waiting for a body: the app may take its time."""
        if self._start is not None and not self.is_gone:
            start, self._start = self._start, None
            self._send(request_message("response", self.key, *start, 1))

    async def _send_body(self, body: Buffer, more: bool) -> None:
        parts = pieces(body)
        last = parts.pop() if parts else None
        for part in parts:
            await self._send_part(part, True)
        if last is not None or not more:
            await self._send_part(b"" if last is None else last, more)
        if not more:
            self._is_complete = True
            self._in.wake()

    async def _send_part(self, part: Buffer, more: bool) -> None:
        flag = 1 if more else 0
        if self._start is None:
            await self._out.data("response-body", flag, data=part)
        else:
            start, self._start = self._start, None
            await self._out.data("response", *start, flag, data=part)


def _body(data: bytes, more: bool) -> Event:
    return {"type": "http.request", "body": data, "more_body": more}
