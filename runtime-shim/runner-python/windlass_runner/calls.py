"""The way of code in this container to other functions: through the agent on the other end of the link."""

import itertools
from concurrent.futures import Future
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from windlass._runtime import runtime
from windlass.errors import RemoteError, WindlassError

from .decode import decode_page
from .messages import Message, encode_control, page_message
from .outbox import Send
from .page import Page

Fields = Tuple[Any, ...]


class Failure(NamedTuple):
    error: BaseException


class Results(NamedTuple):
    """Results of consecutive inputs; in the place of one that failed is a Failure."""

    start: int
    values: List[Any]


class Reading(NamedTuple):
    """What is known of a stored call; the total is None while inputs may be added."""

    total: Optional[int]
    pages: List[Results]


class Sink(NamedTuple):
    results: Callable[[Results], None]
    items: Callable[[List[Any]], None]


class Channel:
    """The sending half of an open call."""

    def __init__(self, key: int, send: Send, close: Callable[[int], None]) -> None:
        self._key = key
        self._send = send
        self._close = close

    def push(self, start: int, count: int, unary: bool, page: Page) -> None:
        fields = input_fields(start, count, unary, page)
        self._send(page_message(["push", self._key, *fields], page))

    def cancel(self, index: int = -1) -> None:
        self._send(encode_control("cancel", self._key, index))

    def credit(self, items: int) -> None:
        self._send(encode_control("credit", self._key, items))

    def close(self) -> None:
        self._close(self._key)
        self._send(encode_control("close", self._key))


class _Question:
    def __init__(self) -> None:
        self.pages: List[Results] = []
        self.answer: "Future[int]" = Future()


class ContainerBackend:
    """Any thread may call it; `receive` is called by the one that reads messages."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._keys = itertools.count(1)
        self._sinks: Dict[int, Sink] = {}
        self._questions: Dict[int, _Question] = {}

    def open(self, request: Fields, sink: Sink) -> Channel:
        key = next(self._keys)
        self._sinks[key] = sink
        self._send(encode_control("open", key, *request))
        return Channel(key, self._send, self._forget)

    def spawn(self, request: Fields, count: int, unary: bool, page: Page, start: int = 0) -> None:
        fields = input_fields(start, count, unary, page)
        self._ask(lambda key: page_message(["spawn", key, *request, *fields], page))

    def end_spawn(self, call_id: str, total: int) -> None:
        self._ask(lambda key: encode_control("end-spawn", key, call_id, total))

    def cancel(self, call_id: str, index: int) -> None:
        self._ask(lambda key: encode_control("cancel-call", key, call_id, index))

    def read(self, call_id: str, start: int, count: int, wait_ms: int) -> Reading:
        query = {"callId": call_id, "start": start, "count": count, "waitMs": wait_ms}
        question = self._ask(lambda key: encode_control("read", key, query))
        total = question.answer.result()
        return Reading(None if total < 0 else total, question.pages)

    def receive(self, message: Message) -> None:
        name, key, *rest = message.control
        if name == "results":
            sink = self._sinks.get(key)
            if sink is not None:
                sink.results(_to_results(rest, message))
        elif name == "items":
            sink = self._sinks.get(key)
            if sink is not None:
                _pass_items(sink, Page(message.text, rest[1] == 1, message.attachments))
        elif name == "page":
            question = self._questions.get(key)
            if question is not None:
                question.pages.append(_to_results(rest, message))
        elif name == "answer":
            self._answer(key, lambda answer: answer.set_result(rest[0] if rest else -1))
        elif name == "failed":
            error = to_exception(Page(message.text, rest[0] == 1, message.attachments))
            self._answer(key, lambda answer: answer.set_exception(error))

    def _forget(self, key: int) -> None:
        self._sinks.pop(key, None)

    def _ask(self, message: Callable[[int], Any]) -> _Question:
        key, question = next(self._keys), _Question()
        self._questions[key] = question
        try:
            self._send(message(key))
            question.answer.result()
        finally:
            self._questions.pop(key, None)
        return question

    def _answer(self, key: int, settle: Callable[["Future[int]"], None]) -> None:
        question = self._questions.get(key)
        if question is not None:
            settle(question.answer)


def input_fields(start: int, count: int, unary: bool, page: Page) -> Fields:
    fields = (start, count, 1 if unary else 0, 1 if page.tagged else 0)
    current = runtime.current()
    # Which input made these: they are cancelled with it.
    return fields if current is None else (*fields, current.input_id)


def _to_results(fields: List[Any], message: Message) -> Results:
    start, count, tagged, told = fields
    attachments = message.attachments
    used = len(attachments) - sum(failure[4] for failure in told or ())
    try:
        values = decode_page(Page(message.text, tagged == 1, attachments[:used]))
    except WindlassError as error:
        # What Python has no value for fails who asked for it, not this container.
        return Results(start, [Failure(error)] * count)
    for index, _, text, is_tagged, size in told or ():
        own = attachments[used : used + size]
        used += size
        values[index - start] = Failure(to_exception(Page(text, is_tagged == 1, own)))
    return Results(start, values)


def _pass_items(sink: Sink, page: Page) -> None:
    try:
        sink.items(decode_page(page))
    except WindlassError as error:
        sink.results(Results(0, [Failure(error)]))


def to_exception(page: Page) -> BaseException:
    """What a page of one error raises."""
    try:
        error = decode_page(page)[0]
    except WindlassError as unreadable:
        return unreadable
    if isinstance(error, BaseException):
        return error
    # JavaScript can throw anything.
    return RemoteError("WINDLASS_THROWN_VALUE", f"the function threw {error}")
