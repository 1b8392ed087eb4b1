"""What both ways to run inputs have in common."""

import itertools
import operator
import time
from typing import Any, Callable, NamedTuple, Optional

from windlass.errors import InputCancellation, RequestSizeError, SerializationError

from .handler import Handler
from .job import Job
from .loop import AwaitedTask
from .outbox import Send
from .page import Page
from .results import PRIMITIVES, fail, reject, take
from .stream import Items, guarded, stream, stream_async
from .turns import Turns

# Results are sent after this long at most, if there are any.
_TURN_SECONDS = 0.005
# The clock is looked at about this often, and after this many inputs at the latest.
_LOOK_SECONDS = 0.0001
_MAX_INPUTS = 256

_FINAL = (SerializationError, RequestSizeError)


class ExecutorOptions(NamedTuple):
    # The function, or the method of this name.
    handler: Callable[[Optional[str]], Handler]
    send: Send
    # Who reads messages: whoever runs user code in the main thread has a say.
    turns: Turns


class Turn:
    """Says when results should leave."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._looked = self._began
        # How many more inputs may run before the clock is looked at: that takes longer than a short function.
        self.until_look = 1
        self._is_over = False

    def begin(self) -> None:
        self._began = time.perf_counter()
        self._is_over = False

    def end(self) -> None:
        self._is_over = True

    def is_over(self) -> bool:
        """Looks at the clock."""
        now = time.perf_counter()
        if now - self._looked < _LOOK_SECONDS:
            self.until_look = min(_MAX_INPUTS, 2 * self.until_look)
        else:
            self.until_look = 1
        self._looked = now
        return self._is_over or now - self._began > _TURN_SECONDS


def run_some(job: Job, call: Callable[[Any], Any], turn: Turn) -> bool:
    """Runs inputs of a job until results should be sent; False when there are no more. The hot loop of all."""
    append = job.outbox.waiting.append
    cancelled, pending = job.cancelled, job.pending
    has_bytes = False
    while operator.length_hint(pending) > 0:
        for argument in itertools.islice(pending, turn.until_look):
            try:
                if cancelled and job.is_cancelled():
                    raise InputCancellation()
                output = call(argument)
                # First what is most frequent: to look into a set takes as long as a short function.
                if type(output) is not int and type(output) not in PRIMITIVES:
                    output = take(output)
                    has_bytes = type(output) is Page and len(output.attachments) > 0
            except BaseException as error:  # noqa: BLE001 - sys.exit() of user code fails its input as well
                output = failure_of(error)
            append(output)
            if has_bytes:
                # Its owner could change the bytes: they leave before that.
                return True
        if turn.is_over():
            return True
    return False


async def run_awaited(job: Job, call: Callable[[Any], Any], send: Send) -> None:
    """Awaits all inputs, one after the other."""
    job.task = AwaitedTask()
    if job.is_generator:
        await _await_stream(job, call, send)
    else:
        await _await_all(job, call)
    job.outbox.flush()


async def _await_all(job: Job, call: Callable[[Any], Any]) -> None:
    turn, task = Turn(), job.task
    for argument in job.pending:
        try:
            if job.is_cancelled():
                raise InputCancellation()
            output = await task.settle(call(argument))
            if type(output) not in PRIMITIVES:
                output = take(output)
                if type(output) is Page and output.attachments:
                    turn.end()
        except BaseException as error:  # noqa: BLE001 - as above
            output = failure_of(error)
        job.outbox.waiting.append(output)
        if turn.is_over():
            job.outbox.flush()
            turn.begin()
            await task.breathe()


async def _await_stream(job: Job, call: Callable[[Any], Any], send: Send) -> None:
    task = job.task
    for argument in job.pending:
        try:
            if job.is_cancelled():
                raise InputCancellation()
            value = await task.settle(call(argument))
            await stream_async(value, Items(job, send), task)
            output: Any = None
        except BaseException as error:  # noqa: BLE001 - as above
            output = failure_of(error)
        job.outbox.waiting.append(output)


def stream_all(job: Job, call: Callable[[Any], Any], send: Send) -> None:
    """Runs a generator in this thread."""
    guard = job.guard
    for argument in job.pending:
        try:
            if job.is_cancelled():
                raise InputCancellation()
            stream(guarded(guard, lambda: call(argument)), Items(job, send), guard)
            output: Any = None
        except BaseException as error:  # noqa: BLE001 - as above
            output = failure_of(error)
        job.outbox.waiting.append(output)


def run_all(job: Job, call: Callable[[Any], Any]) -> None:
    """Runs all inputs in this thread, and sends results now and then; others may interrupt it."""
    turn = Turn()
    goes_on = True
    while goes_on:
        turn.begin()
        try:
            job.guard.open()
            goes_on = run_some(job, call, turn)
        except InputCancellation:
            pass  # It landed between two inputs.
        job.guard.close()
        job.settle()
        if goes_on:
            job.outbox.flush()


def fail_all(job: Job, error: BaseException) -> None:
    """For a page that is none, or a method that does not exist."""
    job.outbox.waiting.extend([failure_of(error)] * job.take_all())
    job.outbox.flush()


def failure_of(error: BaseException) -> Any:
    # Of our own making while a result was encoded: another attempt would fail in the same way.
    return reject(error) if isinstance(error, _FINAL) else fail(error)


def call_of(handler: Handler, job: Job) -> Callable[[Any], Any]:
    return handler.unary if job.is_unary else handler.many
