"""Dicts, queues and secrets for code in this container: its agent has them."""

import itertools
from concurrent.futures import Future
from typing import Any, Dict

from windlass.errors import WindlassError

from .calls import to_exception
from .decode import decode_page
from .encode import encode_page
from .messages import Message, page_message
from .outbox import Send
from .page import Page


class ContainerStorage:
    """Any thread may ask; `receive` is called by the one that reads messages."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._keys = itertools.count(1)
        self._questions: Dict[int, "Future[Any]"] = {}

    def ask(self, store: str, method: str, *args: Any) -> "Future[Any]":
        """Asks what `lib/storage/stores.ts` says of this store."""
        page = encode_page(args, lambda index: f"argument {index}")
        key, answer = next(self._keys), Future()  # type: ignore[var-annotated]
        self._questions[key] = answer
        self._send(page_message(["store", key, store, method, 1 if page.tagged else 0], page))
        return answer

    def receive(self, message: Message) -> None:
        name, key, tagged = message.control
        answer = self._questions.pop(key, None)
        # Nobody waits for one that was cancelled; from here on it cannot be.
        if answer is None or not answer.set_running_or_notify_cancel():
            return
        page = Page(message.text, tagged == 1, message.attachments)
        if name == "not-stored":
            answer.set_exception(to_exception(page))
            return
        try:
            answer.set_result(decode_page(page)[0])
        except WindlassError as error:
            answer.set_exception(error)
