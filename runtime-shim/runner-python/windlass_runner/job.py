"""A lease in the runner: its inputs, how far it has come, and results that were not sent yet."""

import operator
import threading
from typing import Any, Iterator, List, Optional, Set

from windlass._runtime import InputContext
from windlass.errors import InputCancellation

from .decode import decode_page
from .interrupt import Guard
from .messages import Message
from .outbox import Outbox, Send
from .page import Page
from .results import fail

# Items that a generator may yield before its caller has taken any.
_INITIAL_CREDIT = 1000


class Job:
    """
    One thread works on it, another may take back what was not begun. Both take inputs from one iterator of a list,
    whose steps are atomic: so none is run and given back.
    """

    def __init__(self, message: Message, send: Send, guard: Guard) -> None:
        _, job_id, call_id, kind, method, attempt, start, count, unary, tagged = message.control
        self.id: int = job_id
        self.method: Optional[str] = None if method == 0 else method
        self.start: int = start
        self.is_unary = unary == 1
        self.is_generator = kind == "generator"
        self.outbox = Outbox(job_id, start, send)
        # Inputs that are still this job's.
        self.count: int = count
        self.pending: Iterator[Any] = iter(())
        # Offsets of inputs that are not to run, or to be interrupted.
        self.cancelled: Set[int] = set()
        self.lock = threading.Lock()
        # Of the thread that works on it.
        self.guard = guard
        # That awaits its inputs, where they are awaited.
        self.task: Any = None
        self._page = Page(message.text, tagged == 1, message.attachments)
        self._is_decoded = False
        self._call_id: str = call_id
        self._is_group = kind == "group"
        self._attempt: int = attempt
        self._credit = _INITIAL_CREDIT
        self._credit_changed = threading.Condition() if self.is_generator else None

    def decode(self) -> None:
        """To be called when its turn has come. Raises DeserializationError."""
        arguments = decode_page(self._page)
        self._page = Page("", False)
        with self.lock:
            self._is_decoded = True
            # Some may have been given back while it waited.
            self.pending = iter(arguments if self.count == len(arguments) else arguments[: self.count])

    def take_all(self) -> int:
        """Starts all inputs that were not, to fail them; answers how many."""
        with self.lock:
            if self._is_decoded:
                return len(list(self.pending))
            self._is_decoded = True
            return self.count

    def started(self) -> int:
        """Inputs that were started."""
        with self.lock:
            return self._started()

    def give_back(self) -> int:
        """Gives up the inputs that were not started; answers the index of the first of them."""
        with self.lock:
            if self._is_decoded:
                self.count -= len(list(self.pending))
            else:
                self.count = 0
            return self.start + self.count

    def cancel(self, index: int) -> None:
        """Cancels one input, given by its index within the call, or all that are not done."""
        with self.lock:
            first = max(0, self._started() - 1)
            self.cancelled.update(range(first, self.count) if index < 0 else (index - self.start,))
        self.add_credit(0)

    def is_cancelled(self) -> bool:
        """Whether the input that was started last is."""
        return bool(self.cancelled) and self.started() - 1 in self.cancelled

    def settle(self) -> None:
        """Fails inputs that were started and have no result: what interrupted them landed between two lines of ours."""
        missing = self.started() - self.outbox.produced()
        for _ in range(missing):
            self.outbox.waiting.append(fail(InputCancellation()))

    def context(self) -> Optional[InputContext]:
        """What user code may ask about the input that was started last; made when it asks."""
        offset = self.started() - 1
        if offset < 0:
            return None
        member = f"{self._call_id}.{self.start + offset}"
        call_id = member if self._is_group else self._call_id
        return InputContext(call_id, member.replace("fc-", "in-", 1), self._attempt)

    def add_credit(self, items: int) -> None:
        """Lets its generator yield this many items more, or one less for -1; wakes it where it waits."""
        condition = self._credit_changed
        if condition is not None:
            with condition:
                self._credit += items
                condition.notify_all()

    @property
    def must_wait(self) -> bool:
        return self._credit <= 0

    def wait_for_credit(self) -> None:
        """Returns when there is credit, or the input was cancelled."""
        condition = self._credit_changed
        if condition is not None:
            with condition:
                condition.wait_for(lambda: self._credit > 0 or self.is_cancelled())

    def _started(self) -> int:
        if not self._is_decoded:
            return 0
        return self.count - operator.length_hint(self.pending)


class Batch:
    """Jobs that run together, and what interrupts them."""

    def __init__(self, jobs: List[Job]) -> None:
        self.jobs = jobs
        self.guard = Guard()
        self.task: Any = None

    def is_cancelled(self) -> bool:
        """Nobody waits for any of it."""
        return all(len(job.cancelled) == job.count for job in self.jobs)
