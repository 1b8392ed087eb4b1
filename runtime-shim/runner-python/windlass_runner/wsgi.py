"""Apps that speak WSGI: PEP 3333."""

import threading
from typing import Any, Callable, Dict

from windlass.errors import InputCancellation

from .messages import Message
from .outbox import Send
from .stream import guarded
from .threads import Threads
from .web_frames import GRACE_SECONDS, ClientDisconnected, parse_request_fields, print_failure
from .wsgi_environ import environ_of
from .wsgi_exchange import WsgiExchange

_END = object()


class WsgiSite:
    """Each request has a thread; the agent sees to it that there are not too many."""

    def __init__(
        self, app: Any, send: Send, enter: Callable[[], None], is_multithreaded: bool
    ) -> None:
        self._app = app
        self._send = send
        # Called in the thread of a request, before its code.
        self._enter = enter
        self._is_multithreaded = is_multithreaded
        self._threads = Threads()
        self._open: Dict[int, WsgiExchange] = {}

    def open(self) -> None:
        """There is nothing that such an app does before its first request."""

    def close(self) -> None:
        """Nor after its last."""

    def receive(self, message: Message) -> None:
        name, key, *fields = message.control
        if name == "request":
            exchange = WsgiExchange(key, parse_request_fields(fields), self._send)
            self._open[key] = exchange
            self._threads.start(lambda: self._run(exchange))
            return
        found = self._open.get(key)
        if found is None:
            return
        found.receive_message(message)
        if name == "request-gone":
            self._end(found, fields[0] == 1)

    def _end(self, exchange: WsgiExchange, is_overdue: bool) -> None:
        """What it reads and sends fails from now on; code that goes on is interrupted."""

        def interrupt() -> None:
            exchange.guard.interrupt(lambda: not exchange.has_ended)

        if is_overdue:
            interrupt()
            return
        timer = threading.Timer(GRACE_SECONDS, interrupt)
        timer.daemon = True
        timer.start()

    def _run(self, exchange: WsgiExchange) -> None:
        self._enter()
        has_failed = True
        try:
            self._answer(exchange)
            has_failed = False
        except (InputCancellation, ClientDisconnected):
            pass
        except BaseException:  # noqa: BLE001 - sys.exit() of user code fails its request as well
            if not exchange.is_gone:
                print_failure(f"the web app failed to answer {exchange.fields.target}")
        finally:
            self._open.pop(exchange.key, None)
            exchange.end(has_failed)

    def _answer(self, exchange: WsgiExchange) -> None:
        guard = exchange.guard
        environ = environ_of(exchange.fields, exchange.body, self._is_multithreaded)
        parts = guarded(guard, lambda: self._app(environ, exchange.start))
        try:
            iterator = iter(parts)
            while True:
                part = guarded(guard, lambda: next(iterator, _END))
                if part is _END:
                    break
                exchange.write(part)
            exchange.finish()
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
