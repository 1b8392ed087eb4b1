"""Results on their way to the agent: many in a message."""

import functools
import threading
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

from windlass.errors import RequestSizeError

from .encode import MAX_SAFE, encode_page, to_json
from .frames import Buffer
from .limits import PAGE_BYTES
from .messages import encode_message
from .page import Page
from .refusal import check_size
from .results import Failed, Json, Output, reject

Send = Callable[[List[Buffer]], None]


class Outbox:
    """Results of a job that were not sent yet. Any thread may flush; one adds."""

    def __init__(self, job_id: int, start: int, send: Send) -> None:
        self.waiting: List[Output] = []
        self._sent = 0
        self._job_id = job_id
        self._start = start
        self._send = send
        self._lock = threading.Lock()

    def flush(self) -> None:
        with self._lock:
            count = len(self.waiting)
            if count > 0:
                outputs = self.waiting[:count]
                del self.waiting[:count]
                self._send_all(outputs)

    def produced(self) -> int:
        """Results so far, sent or not."""
        with self._lock:
            return self._sent + len(self.waiting)

    def _send_all(self, outputs: List[Output]) -> None:
        text = _plain_text(outputs)
        if text is None:
            for run, is_tagged in _runs(outputs):
                if is_tagged:
                    self._send_page(run, _join(run))
                else:
                    self._send_all(run)
        elif len(text) <= PAGE_BYTES:
            self._send_page(outputs, Page(text, False))
        elif len(outputs) == 1:
            self._send_large(outputs, text)
        else:
            half = len(outputs) // 2
            self._send_all(outputs[:half])
            self._send_all(outputs[half:])

    def _send_large(self, outputs: List[Output], text: str) -> None:
        try:
            check_size(text, "result")
            self._send_page(outputs, Page(text, False))
        except RequestSizeError as error:
            self._send_page([reject(error)], Page("[null]", False))

    def _send_page(self, outputs: List[Output], page: Page) -> None:
        self._send(self._message(outputs, page))
        self._sent += len(outputs)

    def _message(self, outputs: List[Output], page: Page) -> List[Buffer]:
        start = self._start + self._sent
        told: List[Any] = []
        attachments: List[Buffer] = [*page.attachments]
        if Failed in set(map(type, outputs)):
            for index, output in enumerate(outputs, start):
                if type(output) is Failed:
                    kind, error = output
                    size = len(error.attachments)
                    told.append([index, kind, error.text, 1 if error.tagged else 0, size])
                    attachments.extend(error.attachments)
        head = f'["out",{self._job_id},{start},{len(outputs)},{1 if page.tagged else 0}'
        return encode_message(f"{head},{to_json(told) if told else 0}]", page.text, attachments)


class ItemBox(Outbox):
    """The same for items of a generator, none of which is a failure."""

    def _message(self, outputs: List[Output], page: Page) -> List[Buffer]:
        control = f'["items",{self._job_id},{len(outputs)},{1 if page.tagged else 0}]'
        return encode_message(control, page.text, page.attachments)


def _plain_text(outputs: Sequence[Output]) -> Optional[str]:
    """JSON of outputs, null in the place of failures; None if there are some that JSON does not keep."""
    kinds = set(map(type, outputs))
    if Page in kinds:
        return None
    if int in kinds:
        numbers = outputs if len(kinds) == 1 else [each for each in outputs if type(each) is int]
        if min(numbers) < -MAX_SAFE or max(numbers) > MAX_SAFE:
            return None
        if len(kinds) == 1:
            # As to_json would write it, in less time.
            return _template(len(outputs)) % tuple(outputs)
    try:
        if Json not in kinds and Failed not in kinds:
            return to_json(outputs)
        return f"[{','.join(map(_text_of, outputs))}]"
    except ValueError:
        return None  # NaN, or an infinity.


@functools.lru_cache(maxsize=8)
def _template(count: int) -> str:
    return f"[{','.join(['%s'] * count)}]"


def _text_of(output: Output) -> str:
    kind = type(output)
    if kind is Json:
        return str(output[0])
    return "null" if kind is Failed else to_json(output)


def _runs(outputs: List[Output]) -> Iterator[Tuple[List[Any], bool]]:
    """Outputs that can share a message, and whether they are tagged pages; one with bytes, or a large one, is alone."""
    run: List[Any] = []
    is_tagged = False
    size = 0
    for output in outputs:
        page = _to_tagged(output)
        bytes_of_page = 0 if page is None else len(page.text)
        is_alone = page is not None and len(page.attachments) > 0
        if run and (is_alone or (page is not None) != is_tagged or size + bytes_of_page > PAGE_BYTES):
            yield run, is_tagged
            run, size = [], 0
        is_tagged = page is not None
        run.append(output if page is None else page)
        size += PAGE_BYTES if is_alone else bytes_of_page
    yield run, is_tagged


def _to_tagged(output: Output) -> Optional[Page]:
    """The tagged page of an output that JSON does not keep; None for any other."""
    kind = type(output)
    if kind is Page:
        page: Page = output
        return page
    if kind is Json or kind is Failed:
        return None
    page = encode_page([output], lambda _: "result")
    return page if page.tagged else None


def _join(pages: List[Page]) -> Page:
    return Page(f"[{','.join([page.text[1:-1] for page in pages])}]", True, pages[0].attachments)
