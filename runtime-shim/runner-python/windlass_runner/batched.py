"""Runs inputs together that the agent has gathered: the handler takes one list a parameter."""

import queue
import threading
from contextvars import ContextVar
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Set

from windlass._runtime import InputContext
from windlass.errors import InputCancellation, InvalidError

from .executor import ExecutorOptions, fail_all, failure_of
from .handler import Handler
from .interrupt import Guard
from .job import Job
from .loop import AwaitedTask, EventLoop
from .messages import Message
from .results import PRIMITIVES, fail, reject, take
from .stream import guarded
from .threads import Threads

_current: "ContextVar[Optional[_Batch]]" = ContextVar("windlass_batch", default=None)


class _Input(NamedTuple):
    job: Job
    offset: int
    argument: Any


class _Batch:
    """Jobs that run together, and what interrupts them."""

    def __init__(self, jobs: List[Job]) -> None:
        self.jobs = jobs
        self.guard = Guard()
        self.task: Optional[AwaitedTask] = None

    def is_cancelled(self) -> bool:
        """Nobody waits for any of it."""
        return all(len(job.cancelled) == job.count for job in self.jobs)


class BatchExecutor:
    """Batches run one after the other in the main thread, or in threads and tasks where there may be several."""

    def __init__(self, options: ExecutorOptions, loop: EventLoop, name: str, most: int) -> None:
        self._options = options
        self._loop = loop
        self._name = name
        self._is_alone = most == 1
        self._jobs: Dict[int, Job] = {}
        self._batches: Set[_Batch] = set()
        self._queue: "queue.SimpleQueue[Optional[_Batch]]" = queue.SimpleQueue()
        self._threads = Threads()
        self._changed = threading.Condition()
        if not self._is_alone:
            loop.prepare()

    def current(self) -> Optional[InputContext]:
        batch = _current.get()
        return None if batch is None else batch.jobs[0].context()

    def run(self, message: Message) -> None:
        job = Job(message, self._options.send, Guard())
        with self._changed:
            self._jobs[job.id] = job

    def batch(self, job_ids: Sequence[int]) -> None:
        batch = _Batch([self._jobs[job_id] for job_id in job_ids if job_id in self._jobs])
        with self._changed:
            self._batches.add(batch)
        if self._is_alone:
            self._queue.put(batch)
        elif self._options.handler(batch.jobs[0].method).is_async:
            self._loop.start(self._await(batch))
        else:
            self._threads.start(lambda: self._work(batch))

    def cancel(self, job_id: int, index: int) -> None:
        """The results of cancelled inputs are dropped; a batch is interrupted when nobody waits for any of it."""
        job = self._jobs.get(job_id)
        if job is None:
            return
        offsets = range(job.count) if index < 0 else (index - job.start,)
        job.cancelled.update(offsets)
        for batch in list(self._batches):
            if job in batch.jobs:
                batch.guard.interrupt(batch.is_cancelled)
                self._loop.call_soon(_cancel_task, batch)

    def credit(self, job_id: int, items: int) -> None:
        """No generator takes batches."""

    def give_back(self, job_id: int) -> None:
        """The agent keeps what is not in a batch yet."""

    def abandon(self) -> None:
        """Its inputs are for other containers now: interrupts them, and lets `serve` return."""
        for job_id in list(self._jobs):
            self.cancel(job_id, -1)
        if self._is_alone:
            self.stop()
        else:
            self._loop.stop()

    def stop(self) -> None:
        """Lets `serve` return once all that was given before has run."""
        if self._is_alone:
            self._queue.put(None)
            return

        def wait() -> None:
            with self._changed:
                self._changed.wait_for(lambda: not self._batches)
            self._loop.stop()

        self._threads.start(wait)

    def serve(self) -> None:
        if not self._is_alone:
            self._loop.run_forever()
            return
        while True:
            batch = self._queue.get()
            if batch is None:
                return
            if self._options.handler(batch.jobs[0].method).is_async:
                self._loop.run(self._await(batch))
            else:
                self._work(batch)

    def _work(self, batch: _Batch) -> None:
        _current.set(batch)
        inputs = _inputs_of(batch)
        handler = self._handler(inputs)
        answers = self._answer(inputs, lambda: guarded(batch.guard, lambda: _call(handler, inputs)))
        self._finish(batch, inputs, answers)
        _current.set(None)

    async def _await(self, batch: _Batch) -> None:
        _current.set(batch)
        batch.task = AwaitedTask()
        inputs = _inputs_of(batch)
        handler = self._handler(inputs)
        try:
            outputs = await batch.task.settle(_call(handler, inputs)) if inputs else []
            answers = self._answer(inputs, lambda: outputs)
        except BaseException as error:  # noqa: BLE001 - sys.exit() of user code fails its inputs as well
            answers = [failure_of(error)] * len(inputs)
        self._finish(batch, inputs, answers)

    def _handler(self, inputs: List[_Input]) -> Optional[Handler]:
        return self._options.handler(inputs[0].job.method) if inputs else None

    def _answer(self, inputs: List[_Input], run: Callable[[], Any]) -> List[Any]:
        if not inputs:
            return []
        try:
            outputs = run()
            if not _is_list(outputs) or len(outputs) != len(inputs):
                return [reject(_wrong(self._name, len(inputs), outputs))] * len(inputs)
        except BaseException as error:  # noqa: BLE001 - as above
            return [failure_of(error)] * len(inputs)
        return [_taken(output) for output in outputs]

    def _finish(self, batch: _Batch, inputs: List[_Input], answers: List[Any]) -> None:
        told = {(each.job.id, each.offset): answer for each, answer in zip(inputs, answers)}
        for job in batch.jobs:
            missing = fail(InputCancellation())
            for offset in range(job.outbox.produced(), job.count):
                job.outbox.waiting.append(told.get((job.id, offset), missing))
            job.outbox.flush()
        with self._changed:
            for job in batch.jobs:
                self._jobs.pop(job.id, None)
            self._batches.discard(batch)
            self._changed.notify_all()


def _inputs_of(batch: _Batch) -> List[_Input]:
    """Inputs that somebody waits for; those of a page that is none fail."""
    inputs: List[_Input] = []
    for job in batch.jobs:
        try:
            job.decode()
        except Exception as error:  # noqa: BLE001 - whatever it is, its inputs fail with it
            fail_all(job, error)
            continue
        arguments = list(job.pending)
        live = (offset for offset in range(job.count) if offset not in job.cancelled)
        inputs.extend(_Input(job, offset, arguments[offset]) for offset in live)
    return inputs


def _call(handler: Optional[Handler], inputs: List[_Input]) -> Any:
    rows = [[each.argument] if each.job.is_unary else each.argument for each in inputs]
    width = max(len(row) for row in rows)
    columns = [[row[at] if at < len(row) else None for row in rows] for at in range(width)]
    return None if handler is None else handler.many(columns)


def _taken(output: Any) -> Any:
    try:
        return output if type(output) in PRIMITIVES else take(output)
    except BaseException as error:  # noqa: BLE001 - of one output alone
        return failure_of(error)


def _is_list(outputs: Any) -> bool:
    """A list, a tuple, or an array of numpy, whose rows are the outputs."""
    return isinstance(outputs, (list, tuple)) or len(getattr(outputs, "shape", ())) > 0


def _wrong(name: str, inputs: int, outputs: Any) -> InvalidError:
    got = f"one of {len(outputs)}" if _is_list(outputs) else f"a value of type {type(outputs).__name__}"
    return InvalidError(
        "WINDLASS_BATCH_OUTPUTS",
        f'"{name}" must return a list with an output for each of the {inputs} inputs of its batch, got {got}',
        "return one output an input, in the order of the inputs",
    )


def _cancel_task(batch: _Batch) -> None:
    if batch.task is not None and batch.is_cancelled():
        batch.task.cancel()
