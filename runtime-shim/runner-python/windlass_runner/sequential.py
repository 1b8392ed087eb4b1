"""Runs one input at a time, in order, in the main thread."""

from typing import Optional

from windlass._runtime import InputContext

from .executor import ExecutorOptions, call_of, fail_all, run_all, run_awaited, stream_all
from .flusher import Flusher
from .job import Job
from .jobs import Jobs
from .lanes import MainThread
from .loop import EventLoop
from .messages import Message, encode_control


class SequentialExecutor(Jobs):
    """Inputs that were not begun can be given back."""

    def __init__(self, options: ExecutorOptions, loop: EventLoop) -> None:
        super().__init__(options, loop, MainThread(loop, options.turns))
        self._running: Optional[Job] = None
        self._flusher = Flusher()

    def current(self) -> Optional[InputContext]:
        job = self._running
        return None if job is None else job.context()

    def run(self, message: Message) -> None:
        job = self._add(message)
        self._lane.start(lambda: self._run(job))

    def give_back(self, job_id: int) -> None:
        job = self._jobs.get(job_id)
        if job is None:
            return
        first = job.give_back()
        job.outbox.flush()
        self._options.send(encode_control("returned", job_id, first))

    def _run(self, job: Job) -> None:
        self._running = job
        self._work(job)
        self._running = None
        self._forget(job)

    def _work(self, job: Job) -> None:
        try:
            job.decode()
            handler = self._options.handler(job.method)
        except Exception as error:  # noqa: BLE001 - whatever it is, its inputs fail with it
            fail_all(job, error)
            return
        call, send = call_of(handler, job), self._options.send
        if job.is_generator:
            # It waits for credit.
            self._options.turns.hurry()
        if job.is_generator or job.count > 1:
            self._flusher.watch(job.outbox.flush)
        if handler.is_async:
            self._loop.run(run_awaited(job, call, send))
        elif job.is_generator:
            stream_all(job, call, send)
        else:
            run_all(job, call)
        job.outbox.flush()
        self._flusher.rest()
