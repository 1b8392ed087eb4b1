"""Runs inputs together that the agent has gathered: the handler takes one list a parameter."""

from contextvars import ContextVar
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Set

from windlass._runtime import InputContext
from windlass.errors import InputCancellation, InvalidError

from .executor import ExecutorOptions, fail_all, failure_of
from .handler import Handler
from .job import Batch, Job
from .jobs import Jobs
from .lanes import MainThread, Parallel
from .loop import AwaitedTask, EventLoop
from .messages import Message
from .results import PRIMITIVES, fail, reject, take
from .stream import guarded

_current: "ContextVar[Optional[Batch]]" = ContextVar("windlass_batch", default=None)


class _Input(NamedTuple):
    job: Job
    offset: int
    argument: Any


class BatchExecutor(Jobs):
    """Batches run one after the other in the main thread, or in threads and tasks where there may be several."""

    def __init__(self, options: ExecutorOptions, loop: EventLoop, name: str, most: int) -> None:
        lane = MainThread(loop, options.turns) if most == 1 else Parallel(loop)
        super().__init__(options, loop, lane)
        self._name = name
        self._batches: Set[Batch] = set()

    def current(self) -> Optional[InputContext]:
        batch = _current.get()
        return None if batch is None else batch.jobs[0].context()

    def run(self, message: Message) -> None:
        self._add(message)

    def batch(self, job_ids: Sequence[int]) -> None:
        jobs = [self._jobs[job_id] for job_id in job_ids if job_id in self._jobs]
        handler: Optional[Handler] = None
        for job in list(jobs):
            try:
                handler = self._options.handler(job.method)
            except Exception as error:  # noqa: BLE001 - a method that there is not
                jobs.remove(job)
                fail_all(job, error)
                self._forget(job)
        if handler is not None:
            self._start(Batch(jobs), handler)

    def cancel(self, job_id: int, index: int) -> None:
        """The results of cancelled inputs are dropped; a batch is interrupted when nobody waits for any of it."""
        job = self._jobs.get(job_id)
        if job is None:
            return
        offsets = range(job.count) if index < 0 else (index - job.start,)
        job.cancelled.update(offsets)
        for batch in list(self._batches):
            if job in batch.jobs:
                self._interrupt(batch)

    def give_back(self, job_id: int) -> None:
        """The agent keeps what is not in a batch yet."""

    def _start(self, batch: Batch, handler: Handler) -> None:
        self._batches.add(batch)
        work = self._await if handler.is_async else self._work
        self._lane.start(lambda: work(batch, handler), handler.is_async)

    def _work(self, batch: Batch, handler: Handler) -> None:
        _current.set(batch)
        inputs = _inputs_of(batch)
        answers = self._answer(inputs, lambda: guarded(batch.guard, lambda: _call(handler, inputs)))
        self._finish(batch, inputs, answers)
        _current.set(None)

    async def _await(self, batch: Batch, handler: Handler) -> None:
        _current.set(batch)
        batch.task = AwaitedTask()
        inputs = _inputs_of(batch)
        try:
            outputs = await batch.task.settle(_call(handler, inputs)) if inputs else []
            answers = self._answer(inputs, lambda: outputs)
        except BaseException as error:  # noqa: BLE001 - sys.exit() of user code fails its inputs as well
            answers = [failure_of(error)] * len(inputs)
        self._finish(batch, inputs, answers)

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

    def _finish(self, batch: Batch, inputs: List[_Input], answers: List[Any]) -> None:
        told = {(each.job.id, each.offset): answer for each, answer in zip(inputs, answers)}
        for job in batch.jobs:
            missing = fail(InputCancellation())
            for offset in range(job.outbox.produced(), job.count):
                job.outbox.waiting.append(told.get((job.id, offset), missing))
            job.outbox.flush()
            self._forget(job)
        self._batches.discard(batch)


def _inputs_of(batch: Batch) -> List[_Input]:
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


def _call(handler: Handler, inputs: List[_Input]) -> Any:
    rows = [[each.argument] if each.job.is_unary else each.argument for each in inputs]
    width = max(len(row) for row in rows)
    columns = [[row[at] if at < len(row) else None for row in rows] for at in range(width)]
    return handler.many(columns)


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
