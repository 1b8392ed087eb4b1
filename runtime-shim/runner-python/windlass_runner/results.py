"""Results and errors of inputs as messages."""

import math
import threading
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Set, cast

from windlass.errors import NonRetriableError

from .encode import MAX_SAFE, encode_page, encode_value, is_plain, to_json
from .frames import Buffer
from .limits import PAGE_BYTES, TAG
from .messages import encode_message
from .page import Page
from .tag_error import chain_is_too_long, message_of, trim_traceback

Send = Callable[[List[Buffer]], None]

# Nothing can change them: they wait and are encoded together, which is several times faster.
PRIMITIVES = frozenset({int, float, bool, type(None)})


class Failed(NamedTuple):
    """An input that failed: `rejected` cannot be mended by another attempt."""

    kind: str
    error: Page


# The JSON of a result, alone in a tuple: a class of its own would take as long as the call of a short function.
Json: Any = tuple
# What stands for a result until it is sent: as above, or the page of a value that is tagged or large. Primitives and
# texts stand for themselves.
Output = Any


def encode_result(value: Any, root: str = "result") -> Output:
    """Takes a value as it is now: user code may go on to change it. Raises SerializationError, RequestSizeError."""
    if type(value) is str and len(value) <= PAGE_BYTES:
        return value
    try:
        if is_plain(value, 0):
            text = to_json(value)
            return (text,) if len(text) <= PAGE_BYTES else encode_value(value, root)
    except (ValueError, RecursionError):
        pass
    return encode_value(value, root)


def size_of(output: Output) -> int:
    """About how many bytes a result that is no primitive takes."""
    kind = type(output)
    if kind is str:
        return len(output)
    if kind is Json:
        return len(output[0])
    if kind is Failed:
        return size_of(output.error)
    return len(output.text) + sum(memoryview(part).nbytes for part in output.attachments)


def fail(error: BaseException) -> Failed:
    # What cannot travel is the fault of the code, not of the attempt.
    is_final = isinstance(error, NonRetriableError)
    return Failed("rejected" if is_final else "error", encode_error(error))


def reject(error: BaseException) -> Failed:
    return Failed("rejected", encode_error(error))


def encode_error(error: BaseException) -> Page:
    """Anything that was raised, as a page; what of it cannot travel is left behind."""
    trim_traceback(error)
    try:
        if not chain_is_too_long(error):
            return encode_page([error], lambda _: "error")
    except Exception:  # noqa: BLE001 - the error itself must arrive, whatever its fields do
        pass
    name, message = type(error).__name__, message_of(error)
    fields = {"name": name, "message": message, "stack": f"{name}: {message}"}
    return Page(to_json([{TAG: "Error", **fields}]), True)


class Outbox:
    """Results of a job that were not sent yet. Any thread may flush; one adds."""

    def __init__(self, job_id: int, start: int, send: Send) -> None:
        self.waiting: List[Output] = []
        self.sent = 0
        self._job_id = job_id
        self._start = start
        self._send = send
        self._lock = threading.Lock()

    def flush(self) -> None:
        with self._lock:
            count = len(self.waiting)
            if count == 0:
                return
            outputs = self.waiting[:count]
            del self.waiting[:count]
            for run in _runs(outputs):
                self._send(self._message(run))
                self.sent += len(run)

    def produced(self) -> int:
        """Results so far, sent or not."""
        with self._lock:
            return self.sent + len(self.waiting)

    def _message(self, outputs: Sequence[Output]) -> List[Buffer]:
        start = self._start + self.sent
        head = f'["out",{self._job_id},{start},{len(outputs)}'
        if Failed in set(map(type, outputs)):
            return _failures_message(head, outputs, start)
        page = _joined(outputs)
        return encode_message(f"{head},{1 if page.tagged else 0},0]", page.text, page.attachments)


class ItemBox(Outbox):
    """The same for items of a generator."""

    def _message(self, outputs: Sequence[Output]) -> List[Buffer]:
        page = _joined(outputs)
        control = f'["items",{self._job_id},{len(outputs)},{1 if page.tagged else 0}]'
        return encode_message(control, page.text, page.attachments)


def _joined(outputs: Sequence[Output]) -> Page:
    """One page of outputs that can share it."""
    kinds = set(map(type, outputs))
    if Page not in kinds:
        return Page(_plain_text(outputs, kinds), False)
    if len(outputs) == 1:
        return cast(Page, outputs[0])
    text = ",".join([page.text[1:-1] for page in outputs])
    return Page(f"[{text}]", True, outputs[0].attachments)


def _failures_message(head: str, outputs: Sequence[Output], start: int) -> List[Buffer]:
    told: List[Any] = []
    attachments: List[Buffer] = []
    values: List[Output] = []
    for index, output in enumerate(outputs, start):
        if type(output) is not Failed:
            values.append(output)
            continue
        kind, error = output
        values.append(None)
        told.append([index, kind, error.text, 1 if error.tagged else 0, len(error.attachments)])
        attachments.extend(error.attachments)
    text = _plain_text(values, set(map(type, values)))
    return encode_message(f"{head},0,{to_json(told)}]", text, attachments)


def _plain_text(outputs: Sequence[Output], kinds: Set[type]) -> str:
    if Json not in kinds:
        return to_json(outputs)
    if len(kinds) == 1:
        return f"[{','.join([text for (text,) in outputs])}]"
    parts = [output[0] if type(output) is Json else to_json(output) for output in outputs]
    return f"[{','.join(parts)}]"


def _runs(outputs: List[Output]) -> Sequence[List[Output]]:
    """Parts that can share a message: plain ones and failures; tagged ones; one that is large or has bytes is alone."""
    if _are_plain(outputs, set(map(type, outputs))):
        return (outputs,)
    runs: List[List[Output]] = []
    previous: Any = None
    for output in outputs:
        page = _to_tagged(output)
        group: Any = page is not None
        if page is not None and (page.attachments or not page.tagged):
            group = object()
        if group != previous:
            runs.append([])
        runs[-1].append(output if page is None else page)
        previous = group
    return runs


def _are_plain(outputs: List[Output], kinds: Set[type]) -> bool:
    if Page in kinds:
        return False
    if int in kinds:
        numbers = outputs if len(kinds) == 1 else [each for each in outputs if type(each) is int]
        if min(numbers) < -MAX_SAFE or max(numbers) > MAX_SAFE:
            return False
    if float in kinds:
        numbers = outputs if len(kinds) == 1 else [each for each in outputs if type(each) is float]
        return all(map(math.isfinite, numbers))
    return True


def _to_tagged(output: Output) -> Optional[Page]:
    """The tagged page of an output that JSON does not keep; None for any other."""
    kind = type(output)
    if kind is Page:
        return cast(Page, output)
    if kind is int or kind is float:
        page = encode_page([output], lambda _: "result")
        return page if page.tagged else None
    return None
