"""What all executors do alike: keep jobs by their ids, interrupt what is cancelled, come to an end."""

from typing import Dict, Union

from .executor import ExecutorOptions
from .interrupt import Guard
from .job import Batch, Job
from .lanes import Lane
from .loop import EventLoop
from .messages import Message


class Jobs:
    """The thread that reads messages calls the methods; `serve` is the main thread's."""

    def __init__(self, options: ExecutorOptions, loop: EventLoop, lane: Lane) -> None:
        self._options = options
        self._loop = loop
        self._lane = lane
        self._jobs: Dict[int, Job] = {}

    def cancel(self, job_id: int, index: int) -> None:
        job = self._jobs.get(job_id)
        if job is not None:
            job.cancel(index)
            self._interrupt(job)

    def credit(self, job_id: int, items: int) -> None:
        job = self._jobs.get(job_id)
        if job is not None:
            job.add_credit(items)

    def abandon(self) -> None:
        """Its inputs are for other containers now: interrupts them, and lets `serve` return."""
        for job_id in list(self._jobs):
            self.cancel(job_id, -1)
        self._lane.leave()

    def stop(self) -> None:
        """Lets `serve` return once all that was given before has run."""
        self._lane.stop()

    def serve(self) -> None:
        self._lane.serve()

    def _add(self, message: Message) -> Job:
        job = Job(message, self._options.send, Guard())
        self._jobs[job.id] = job
        return job

    def _forget(self, job: Job) -> None:
        self._jobs.pop(job.id, None)

    def _interrupt(self, work: Union[Job, Batch]) -> None:
        """If what it runs is cancelled."""
        work.guard.interrupt(work.is_cancelled)
        self._loop.call_soon(_cancel_task, work)


def _cancel_task(work: Union[Job, Batch]) -> None:
    if work.task is not None and work.is_cancelled():
        work.task.cancel()
