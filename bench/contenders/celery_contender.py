"""Celery on this machine: a worker of two processes, a task for each input, results from Redis."""

import subprocess
import sys

import celery_tasks
from celery import group
from python_driver import serve


class Tasks:
    def __init__(self, workers):
        command = [sys.executable, "-m", "celery", "-A", "celery_tasks", "worker"]
        command += ["--concurrency", str(workers), "--loglevel", "ERROR", "--without-gossip"]
        self.worker = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        # Ready once it answers.
        celery_tasks.echo.delay(0).get(timeout=60)

    def map(self, items):
        results = group(celery_tasks.echo.s(item) for item in items).apply_async()
        return results.join_native(timeout=600) if results.supports_native_join else results.join()

    def close(self):
        self.worker.terminate()


serve(lambda options: Tasks(options["workers"]))
