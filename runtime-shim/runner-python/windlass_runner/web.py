"""
An app that answers requests: the agent speaks HTTP, and tells of requests in messages. Drawn in docs/wire.md.
"""

import asyncio
import inspect
from contextvars import ContextVar
from typing import Any, Callable, NamedTuple, Optional, Union

from windlass._ids import create_call_id
from windlass._runtime import InputContext
from windlass.errors import ContainerStartupError

from .asgi import AsgiSite
from .load import LoadRequest
from .loop import EventLoop
from .messages import Message
from .outbox import Send
from .wsgi import WsgiSite


class RequestContext:
    """What user code may ask about the request that it answers; made when it asks."""

    def __init__(self) -> None:
        self._made: Optional[InputContext] = None

    def get(self) -> InputContext:
        if self._made is None:
            call_id = create_call_id()
            self._made = InputContext(call_id, f"{call_id.replace('fc-', 'in-', 1)}.0", 0)
        return self._made


_current: "ContextVar[Optional[RequestContext]]" = ContextVar("windlass_request", default=None)


class Web(NamedTuple):
    # Takes a message about a request: from the thread that reads.
    receive: Callable[[Message], None]
    # To be called once no more requests come.
    close: Callable[[], None]


def current() -> Optional[InputContext]:
    context = _current.get()
    return None if context is None else context.get()


def open_web(request: LoadRequest, make: Callable[[], Any], loop: EventLoop, send: Send) -> Web:
    """Raises ContainerStartupError, and whatever the function that makes the app raises."""
    app = make_app(request, make, loop)
    site: Union[AsgiSite, WsgiSite]
    if request.web_kind == "asgi":
        site = AsgiSite(app, loop, send, _enter)
    else:
        site = WsgiSite(app, send, _enter, request.max_inputs > 1)
    site.open()
    return Web(site.receive, site.close)


def make_app(request: LoadRequest, make: Callable[[], Any], loop: EventLoop) -> Any:
    _check_factory(request, make)
    app = make()
    if asyncio.iscoroutine(app):
        app = loop.settle(app)
    if not callable(app):
        kind = (request.web_kind or "").upper()
        raise ContainerStartupError(
            "WINDLASS_NOT_A_WEB_APP",
            f'"{_name_of(request)}" of "{request.file}" must return an app that speaks {kind}, '
            f"got a value of type {type(app).__name__}",
            "return the app: `return FastAPI()`, or `return Flask(__name__)`",
        )
    return app


def _enter() -> None:
    _current.set(RequestContext())


def _check_factory(request: LoadRequest, make: Callable[[], Any]) -> None:
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [each.name for each in parameters if each.default is each.empty and each.kind not in variable]
    if needed:
        raise ContainerStartupError(
            "WINDLASS_NOT_A_WEB_APP",
            f'"{_name_of(request)}" of "{request.file}" is called without arguments, but takes: {", ".join(needed)}',
            "name a function that returns the app, rather than the app itself",
        )


def _name_of(request: LoadRequest) -> str:
    return request.symbol if request.web_target is None else f"{request.symbol}.{request.web_target}"
