"""The Celery app of caller and workers: broker and results in the bench's Redis, JSON both ways."""

import os

from celery import Celery
from echo import echo as run

URL = f"redis://127.0.0.1:{os.environ['BENCH_REDIS_PORT']}/0"
app = Celery("bench", broker=URL, backend=URL)
app.conf.update(
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    worker_hijack_root_logger=False,
)


@app.task
def echo(value):
    return run(value)
