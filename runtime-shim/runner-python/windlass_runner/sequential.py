"""Runs one input at a time, in order, in the main thread."""

import queue
from typing import Dict, Optional

from windlass._runtime import InputContext

from .executor import ExecutorOptions, call_of, fail_all, run_all, run_awaited, stream_all
from .flusher import Flusher
from .interrupt import Guard
from .job import Job
from .loop import EventLoop
from .messages import Message, encode_control


class SequentialExecutor:
    """The thread that reads messages calls the methods; `serve` is the main thread's."""

    def __init__(self, options: ExecutorOptions, loop: EventLoop) -> None:
        self._options = options
        self._loop = loop
        self._jobs: Dict[int, Job] = {}
        self._queue: "queue.SimpleQueue[Optional[Job]]" = queue.SimpleQueue()
        self._running: Optional[Job] = None
        self._guard = Guard()
        self._flusher = Flusher()

    def current(self) -> Optional[InputContext]:
        job = self._running
        return None if job is None else job.context()

    def run(self, message: Message) -> None:
        job = Job(message, self._options.send, self._guard)
        self._jobs[job.id] = job
        self._queue.put(job)

    def cancel(self, job_id: int, index: int) -> None:
        job = self._jobs.get(job_id)
        if job is None:
            return
        job.cancel(index)
        self._loop.call_soon(self._cancel_task, job)
        self._guard.interrupt(lambda: self._running is job and job.is_cancelled())

    def credit(self, job_id: int, items: int) -> None:
        job = self._jobs.get(job_id)
        if job is not None:
            job.add_credit(items)

    def give_back(self, job_id: int) -> None:
        job = self._jobs.get(job_id)
        if job is None:
            return
        first = job.give_back()
        job.outbox.flush()
        self._options.send(encode_control("returned", job_id, first))

    def abandon(self) -> None:
        """Its inputs are for other containers now: interrupts them, and lets `serve` return."""
        for job_id in list(self._jobs):
            self.cancel(job_id, -1)
        self.stop()

    def stop(self) -> None:
        """Lets `serve` return once all that was given before has run."""
        self._queue.put(None)

    def serve(self) -> None:
        while True:
            job = self._queue.get()
            if job is None:
                return
            self._running = job
            self._work(job)
            self._running = None
            del self._jobs[job.id]

    def _work(self, job: Job) -> None:
        try:
            job.decode()
            handler = self._options.handler(job.method)
        except Exception as error:  # noqa: BLE001 - whatever it is, its inputs fail with it
            fail_all(job, error)
            return
        call, send = call_of(handler, job), self._options.send
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

    def _cancel_task(self, job: Job) -> None:
        if self._running is job and job.task is not None and job.is_cancelled():
            job.task.cancel()
