"""Calls of a class that answers requests, too: both share the inputs that its container runs at a time."""

import asyncio
import copy
import itertools
from concurrent.futures import Future
from typing import Any, Callable, Dict

from .handler import Handler
from .messages import Message, encode_control
from .outbox import Send


class CallTurns:
    """The agent gives turns; any thread may ask for one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._keys = itertools.count(1)
        self._waiting: "Dict[int, Future[None]]" = {}

    def receive(self, message: Message) -> None:
        given = self._waiting.pop(message.control[1], None)
        if given is not None:
            given.set_result(None)

    def in_turn(self, handler: Handler) -> Handler:
        """The same, which waits for its turn."""
        wrap = self._awaited if handler.is_async else self._called
        turned = copy.copy(handler)
        turned.unary = wrap(handler.unary)
        turned.many = wrap(handler.many)
        return turned

    def _called(self, call: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def called(argument: Any) -> Any:
            key = next(self._keys)
            try:
                self._ask(key).result()
                return call(argument)
            finally:
                self._send(encode_control("turned", key))

        return called

    def _awaited(self, call: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def awaited(argument: Any) -> Any:
            key = next(self._keys)
            try:
                await asyncio.wrap_future(self._ask(key))
                value = call(argument)
                return await value if hasattr(value, "__await__") else value
            finally:
                self._send(encode_control("turned", key))

        return awaited

    def _ask(self, key: int) -> "Future[None]":
        given: "Future[None]" = Future()
        self._waiting[key] = given
        self._send(encode_control("turn", key))
        return given
