"""A WebSocket of an app that speaks ASGI."""

from typing import Any, Dict, List, Optional

from .asgi_exchange import Event, Incoming, Outgoing, header_texts, scope_of
from .messages import Message
from .outbox import Send
from .web_frames import ClientDisconnected, RequestFields, pairs, request_message

_NORMAL = 1000


class WebSocketExchange:
    """All but the constructor is for the event loop."""

    def __init__(self, key: int, fields: RequestFields, state: Dict[str, Any], send: Send) -> None:
        self.key = key
        self.scope = scope_of("websocket", fields, state)
        self.scope["subprotocols"] = _subprotocols(fields.headers)
        # An app may answer a handshake as it would a request.
        self.scope["extensions"] = {"websocket.http.response": {}}
        self.task: Any = None
        self._send = send
        self._out = Outgoing(key, send)
        self._in = Incoming(key, send)
        self._in.add({"type": "websocket.connect"})
        self._gone: Optional[Event] = None
        self._start: Optional[List[Any]] = None
        # "connecting", then "open" or "answering", then "closed".
        self._state = "connecting"

    @property
    def is_gone(self) -> bool:
        return self._gone is not None

    def receive_message(self, message: Message) -> None:
        name, _, *fields = message.control
        if name == "socket-data":
            data = bytes(message.attachments[0])
            shown = {"text": data.decode("utf-8")} if fields[0] == 1 else {"bytes": data}
            self._in.add({"type": "websocket.receive", **shown}, len(data))
        elif name == "response-credit":
            self._out.add_credit(fields[0])
        elif name == "socket-gone":
            code, reason = fields
            self._gone = {"type": "websocket.disconnect", "code": code, "reason": reason}
            self._out.end()
            self._in.wake()

    async def receive(self) -> Event:
        while True:
            # What came before the client went is there to be read.
            event = self._in.take()
            if event is not None:
                return event
            if self._gone is not None:
                return self._gone
            await self._in.wait()

    async def send(self, event: Event) -> None:
        kind = event["type"]
        if self.is_gone:
            raise ClientDisconnected("the client has gone")
        if kind == "websocket.accept" and self._state == "connecting":
            self._state = "open"
            headers = header_texts(event.get("headers", ()))
            subprotocol = event.get("subprotocol") or 0
            self._send(request_message("socket-accept", self.key, subprotocol, headers))
        elif kind == "websocket.send" and self._state == "open":
            await self._send_message(event)
        elif kind == "websocket.close" and self._state in ("connecting", "open"):
            self._state = "closed"
            code, reason = event.get("code", _NORMAL), event.get("reason") or ""
            self._send(request_message("socket-close", self.key, code, reason))
        elif kind == "websocket.http.response.start" and self._state == "connecting":
            self._state = "answering"
            self._start = [event["status"], header_texts(event.get("headers", ()))]
        elif kind == "websocket.http.response.body" and self._state == "answering":
            await self._answer(event)
        else:
            raise RuntimeError(f"the app sent {kind}, which is not what may follow")

    def finish(self) -> None:
        """The app has returned. Raises RuntimeError if it should not have."""
        if self._state in ("connecting", "answering") and not self.is_gone:
            raise RuntimeError("the app returned before it had accepted the WebSocket or refused it")

    def end(self, has_failed: bool) -> None:
        self._send(request_message("request-done", self.key, 1 if has_failed else 0))

    async def _send_message(self, event: Event) -> None:
        text = event.get("text")
        data = event.get("bytes") if text is None else text.encode("utf-8")
        await self._out.data("socket-send", 0 if text is None else 1, data=data or b"")

    async def _answer(self, event: Event) -> None:
        body, more = event.get("body", b""), bool(event.get("more_body", False))
        flag = 1 if more else 0
        if self._start is None:
            await self._out.data("response-body", flag, data=body)
        else:
            start, self._start = self._start, None
            await self._out.data("response", *start, flag, data=body)
        if not more:
            self._state = "closed"


def _subprotocols(headers: List[str]) -> List[str]:
    named = [value for name, value in pairs(headers) if name.lower() == "sec-websocket-protocol"]
    return [each.strip() for value in named for each in value.split(",") if each.strip()]
