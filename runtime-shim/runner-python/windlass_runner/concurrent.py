"""Runs several inputs at a time: functions that are awaited as tasks of one event loop, the others in threads."""

from contextvars import ContextVar
from typing import Optional

from windlass._runtime import InputContext

from .executor import ExecutorOptions, call_of, fail_all, run_all, run_awaited, stream_all
from .handler import Handler
from .job import Job
from .jobs import Jobs
from .lanes import Parallel
from .loop import EventLoop
from .messages import Message

_current: "ContextVar[Optional[Job]]" = ContextVar("windlass_job", default=None)


class ConcurrentExecutor(Jobs):
    """Runs every input as it comes; the agent sees to it that there are no more than `maxInputs`."""

    def __init__(self, options: ExecutorOptions, loop: EventLoop) -> None:
        super().__init__(options, loop, Parallel(loop))

    def current(self) -> Optional[InputContext]:
        job = _current.get()
        return None if job is None else job.context()

    def run(self, message: Message) -> None:
        job = self._add(message)
        try:
            job.decode()
            handler = self._options.handler(job.method)
        except Exception as error:  # noqa: BLE001 - whatever it is, its inputs fail with it
            fail_all(job, error)
            self._forget(job)
            return
        work = self._await if handler.is_async else self._work
        self._lane.start(lambda: work(job, handler), handler.is_async)

    def give_back(self, job_id: int) -> None:
        """Every input of this executor starts at once: there is nothing to give back."""

    async def _await(self, job: Job, handler: Handler) -> None:
        _current.set(job)
        await run_awaited(job, call_of(handler, job), self._options.send)
        self._forget(job)

    def _work(self, job: Job, handler: Handler) -> None:
        _current.set(job)
        call = call_of(handler, job)
        if job.is_generator:
            stream_all(job, call, self._options.send)
        else:
            run_all(job, call)
        job.outbox.flush()
        self._forget(job)
