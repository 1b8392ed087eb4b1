"""Runs several inputs at a time: functions that are awaited as tasks of one event loop, the others in threads."""

import threading
from contextvars import ContextVar
from typing import Dict, Optional

from windlass._runtime import InputContext

from .executor import ExecutorOptions, call_of, fail_all, run_all, run_awaited, stream_all
from .handler import Handler
from .interrupt import Guard
from .job import Job
from .loop import EventLoop
from .messages import Message
from .threads import Threads

_current: "ContextVar[Optional[Job]]" = ContextVar("windlass_job", default=None)


class ConcurrentExecutor:
    """Runs every input as it comes; the agent sees to it that there are no more than `maxInputs`."""

    def __init__(self, options: ExecutorOptions, loop: EventLoop) -> None:
        self._options = options
        self._loop = loop
        loop.prepare()
        self._jobs: Dict[int, Job] = {}
        self._threads = Threads()
        self._changed = threading.Condition()

    def current(self) -> Optional[InputContext]:
        job = _current.get()
        return None if job is None else job.context()

    def run(self, message: Message) -> None:
        job = Job(message, self._options.send, Guard())
        with self._changed:
            self._jobs[job.id] = job
        try:
            job.decode()
            handler = self._options.handler(job.method)
        except Exception as error:  # noqa: BLE001 - whatever it is, its inputs fail with it
            fail_all(job, error)
            self._forget(job)
            return
        if handler.is_async:
            self._loop.start(self._await(job, handler))
        else:
            self._threads.start(lambda: self._work(job, handler))

    def cancel(self, job_id: int, index: int) -> None:
        job = self._jobs.get(job_id)
        if job is None:
            return
        job.cancel(index)
        job.guard.interrupt(job.is_cancelled)
        self._loop.call_soon(_cancel_task, job)

    def credit(self, job_id: int, items: int) -> None:
        job = self._jobs.get(job_id)
        if job is not None:
            job.add_credit(items)

    def give_back(self, job_id: int) -> None:
        """Every input of this executor starts at once: there is nothing to give back."""

    def abandon(self) -> None:
        """Its inputs are for other containers now: interrupts them, and lets `serve` return."""
        for job_id in list(self._jobs):
            self.cancel(job_id, -1)
        self._loop.stop()

    def stop(self) -> None:
        """Lets `serve` return once all that was given before has run."""

        def wait() -> None:
            with self._changed:
                self._changed.wait_for(lambda: not self._jobs)
            self._loop.stop()

        self._threads.start(wait)

    def serve(self) -> None:
        self._loop.run_forever()

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

    def _forget(self, job: Job) -> None:
        with self._changed:
            del self._jobs[job.id]
            self._changed.notify_all()


def _cancel_task(job: Job) -> None:
    if job.task is not None and job.is_cancelled():
        job.task.cancel()
