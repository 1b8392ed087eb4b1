"""
The program of a Python container. It waits for `load`, becomes the function or class named there, says `ready`, and
then runs inputs until `exit`, `preempt`, or the end of its socket.
"""

import os
import signal
import sys
import threading
from typing import Any, Callable, List, Optional, Union

from windlass._runtime import InputContext, runtime
from windlass_runner.batched import BatchExecutor
from windlass_runner.concurrent import ConcurrentExecutor
from windlass_runner.executor import ExecutorOptions
from windlass_runner.frames import Buffer
from windlass_runner.interrupt import prepare_wake
from windlass_runner.link import Link
from windlass_runner.load import (
    Loaded,
    LoadRequest,
    load,
    parse_request,
    prepare_environment,
)
from windlass_runner.loop import EventLoop
from windlass_runner.messages import Message, encode_control, page_message
from windlass_runner.results import encode_error
from windlass_runner.sequential import SequentialExecutor
from windlass_runner.turns import Turns

_RECURSION_LIMIT = 5000
# Messages for calls that user code made.
_ANSWERS = frozenset({"results", "items", "page", "answer", "failed"})
# For what it asked of dicts and queues.
_STORED = frozenset({"stored", "not-stored"})
# About requests.
_REQUESTS = frozenset(
    {"request", "request-body", "request-gone", "response-credit", "socket", "socket-data", "socket-gone"}
)

Executor = Union[SequentialExecutor, ConcurrentExecutor, BatchExecutor]
# What a process exits with that SIGTERM ends.
_TERMINATED = 143


class Program:
    """The main thread runs what messages ask for; who reads them, Turns says."""

    def __init__(self) -> None:
        self._link = Link()
        self._turns = Turns(self._read, self._link.wake)
        self._loop = EventLoop()
        self._executor: Optional[Executor] = None
        self._backend: Any = None
        self._storage: Any = None
        # Threads of user code may be the first to use one at the same time.
        self._opening = threading.Lock()
        # What answers requests, where that is its function's to do, and calls among them.
        self._web: Any = None
        self._call_turns: Any = None
        self._current_request: Callable[[], Optional[InputContext]] = lambda: None
        self._request: Any = None
        self._asked = threading.Event()
        self._is_preempted = False

    def run(self) -> int:
        # Values may be nested 500 deep, and are walked by a few functions a level.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION_LIMIT))
        prepare_wake()
        # Whoever ends this process wants it to go now. Not in the handler: what it interrupts may hold a lock.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=self._terminate).start())
        self._link.listen(self._receive)
        threading.Thread(target=self._turns.read_beside, name="windlass-link", daemon=True).start()
        self._asked.wait()
        try:
            loaded = self._start()
        except BaseException as error:  # noqa: BLE001 - whatever user code raises ends this container
            page = encode_error(error)
            self._send(page_message(["startup-failed", 1 if page.tagged else 0], page))
            return self._leave(1)
        if self._executor is not None:
            self._executor.serve()
        self._exit(loaded)
        return self._leave(0)

    def _start(self) -> Loaded:
        request = parse_request(self._request)
        prepare_environment(request)
        runtime.container = True
        runtime.app = request.app
        runtime.backend = self._open_backend
        runtime.storage = self._open_storage
        loaded = load(request, self._loop)
        if loaded.make_app is not None:
            loaded = self._open_web(request, loaded)
        options = ExecutorOptions(loaded.handler, self._send, self._turns)
        executor = self._create_executor(request, options)
        runtime.current = lambda: executor.current() or self._current_request()
        self._executor = executor
        self._send(encode_control("ready"))
        return loaded

    def _create_executor(self, request: LoadRequest, options: ExecutorOptions) -> Executor:
        if request.is_batched:
            return BatchExecutor(options, self._loop, request.name, request.max_inputs)
        # Requests need an event loop that turns, whatever else runs.
        if request.max_inputs > 1 or self._web is not None:
            return ConcurrentExecutor(options, self._loop)
        return SequentialExecutor(options, self._loop)

    def _open_web(self, request: LoadRequest, loaded: Loaded) -> Loaded:
        """The same with calls that take their turn among requests."""
        from windlass_runner.web import current, open_web
        from windlass_runner.web_turns import CallTurns

        turns = CallTurns(self._send)
        self._call_turns = turns
        self._current_request = current
        self._web = open_web(request, loaded.make_app, self._loop, self._send)
        return loaded._replace(handler=lambda method: turns.in_turn(loaded.handler(method)))

    def _open_backend(self) -> Any:
        # Loaded when it is first used: most functions call no others.
        from windlass_runner.calls import ContainerBackend

        with self._opening:
            self._backend = self._backend or ContainerBackend(self._ask)
        return self._backend

    def _open_storage(self) -> Any:
        from windlass_runner.storage import ContainerStorage

        with self._opening:
            self._storage = self._storage or ContainerStorage(self._ask)
        return self._storage

    def _terminate(self) -> None:
        self._send(encode_control("preempted"))
        self._preempt()

    def _preempt(self) -> None:
        """Goes at once: what runs here has gone to others."""
        if self._is_preempted:
            return
        self._is_preempted = True
        if self._executor is None:
            os._exit(_TERMINATED)
        self._executor.abandon()

    def _exit(self, loaded: Loaded) -> None:
        hooks = [("exit", loaded.exit)]
        if self._web is not None:
            hooks.insert(0, ("lifespan", self._web.close))
        if self._is_preempted:
            hooks.insert(0, ("preempt", loaded.preempt))
        for name, run in hooks:
            try:
                run()
            except Exception:  # noqa: BLE001 - nobody waits for it, and the rest must be done
                print(f"{name} hook failed:", file=sys.stderr)
                _print_exception()

    def _leave(self, code: int) -> int:
        sys.stdout.flush()
        self._link.flush()
        return code

    def _send(self, parts: List[Buffer]) -> None:
        self._link.send(parts)

    def _ask(self, parts: List[Buffer]) -> None:
        """Sends what user code waits for an answer to."""
        self._link.send(parts)
        self._turns.hurry()

    def _read(self) -> None:
        try:
            if self._link.read():
                return
        except Exception:  # noqa: BLE001 - what follows a broken message cannot be trusted
            _print_exception()
            sys.stderr.flush()
            os._exit(1)
        # An agent that is gone wants nothing any more.
        os._exit(0)

    def _receive(self, message: Message) -> None:
        name, *rest = message.control
        executor = self._executor
        if name == "load":
            self._request = rest[0]
            self._asked.set()
        elif executor is None and name in ("exit", "preempt"):
            os._exit(0 if name == "exit" else _TERMINATED)
        elif name in _REQUESTS:
            self._web.receive(message)
        elif name == "turn":
            self._call_turns.receive(message)
        elif name in _STORED:
            self._storage.receive(message)
        elif executor is None or name in _ANSWERS:
            self._backend.receive(message)
        elif name == "run":
            executor.run(message)
        elif name == "batch" and isinstance(executor, BatchExecutor):
            executor.batch(rest[0])
        elif name == "preempt":
            self._preempt()
        elif name == "cancel":
            executor.cancel(rest[0], rest[1])
        elif name == "credit":
            executor.credit(rest[0], rest[1])
        elif name == "back":
            executor.give_back(rest[0])
        elif name == "exit":
            executor.stop()


def _print_exception() -> None:
    import traceback

    traceback.print_exc()


if __name__ == "__main__":
    sys.exit(Program().run())
