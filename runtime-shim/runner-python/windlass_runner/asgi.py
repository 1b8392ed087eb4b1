"""Apps that speak ASGI: https://asgi.readthedocs.io/en/latest/specs/www.html."""

import asyncio
from typing import Any, Callable, Dict, Set, Union

from .asgi_exchange import HttpExchange
from .asgi_lifespan import Lifespan
from .asgi_socket import WebSocketExchange
from .loop import EventLoop
from .messages import Message
from .outbox import Send
from .web_frames import GRACE_SECONDS, parse_request_fields, print_failure

_EXCHANGES = {"request": HttpExchange, "socket": WebSocketExchange}
Exchange = Union[HttpExchange, WebSocketExchange]


class AsgiSite:
    """Each request and each WebSocket is a task of the event loop; the agent sees to it that there are not too many."""

    def __init__(self, app: Any, loop: EventLoop, send: Send, enter: Callable[[], None]) -> None:
        self._app = app
        self._loop = loop
        self._send = send
        # Called within the task of a request, before its code.
        self._enter = enter
        self._lifespan = Lifespan(app)
        self._open: Dict[int, Exchange] = {}
        # The event loop itself forgets tasks that nothing refers to.
        self._tasks: Set[Any] = set()

    def open(self) -> None:
        """Raises ContainerStartupError if the app cannot start."""
        self._loop.run(self._lifespan.start())

    def close(self) -> None:
        self._loop.run(self._lifespan.stop())

    def receive(self, message: Message) -> None:
        self._loop.call_soon(self._receive, message)

    def _receive(self, message: Message) -> None:
        name, key, *fields = message.control
        make = _EXCHANGES.get(name)
        if make is not None:
            exchange = make(key, parse_request_fields(fields), self._lifespan.state, self._send)
            self._open[key] = exchange
            task = asyncio.get_running_loop().create_task(self._run(exchange))
            exchange.task = task
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        found = self._open.get(key)
        if found is None:
            return
        found.receive_message(message)
        if name == "request-gone" or name == "socket-gone":
            self._end(found, name == "request-gone" and fields[0] == 1)

    def _end(self, exchange: Exchange, is_overdue: bool) -> None:
        """Its app was told that the client has gone, and is cancelled if it goes on."""
        if is_overdue:
            exchange.task.cancel()
        else:
            asyncio.get_running_loop().call_later(GRACE_SECONDS, exchange.task.cancel)

    async def _run(self, exchange: Exchange) -> None:
        self._enter()
        has_failed = True
        try:
            await self._app(exchange.scope, exchange.receive, exchange.send)
            exchange.finish()
            has_failed = False
        except BaseException:  # noqa: BLE001 - sys.exit() of user code fails its request as well
            # Whatever it made of the news that its client has gone.
            if not exchange.is_gone:
                print_failure(f"the web app failed to answer {exchange.scope['path']}")
        finally:
            self._open.pop(exchange.key, None)
            exchange.end(has_failed)
