"""What an app that speaks ASGI does once in its container, before its first request and after its last."""

import asyncio
import sys
from typing import Any, Dict, Optional

from windlass.errors import ContainerStartupError

from .web_frames import print_failure

Event = Dict[str, Any]


class Lifespan:
    """An app that has none fails when it is asked, and is served all the same."""

    def __init__(self, app: Any) -> None:
        # What the app keeps for its requests.
        self.state: Dict[str, Any] = {}
        self._app = app
        self._events: Any = None
        self._answer: Any = None
        self._task: Any = None

    async def start(self) -> None:
        """Raises ContainerStartupError."""
        self._events = asyncio.Queue()
        self._task = asyncio.get_running_loop().create_task(self._run())
        answer = await self._ask("startup")
        if answer is not None and answer["type"] == "lifespan.startup.failed":
            raise ContainerStartupError(
                "WINDLASS_LIFESPAN_FAILED",
                f"the web app failed to start: {answer.get('message') or 'it did not say why'}",
                "its log says more",
            )

    async def stop(self) -> None:
        if self._task.done():
            return
        answer = await self._ask("shutdown")
        if answer is not None and answer["type"] == "lifespan.shutdown.failed":
            print(f"the web app failed to end: {answer.get('message', '')}", file=sys.stderr)

    async def _ask(self, what: str) -> Optional[Event]:
        """What the app says; None if it has ended instead."""
        self._answer = asyncio.get_running_loop().create_future()
        self._events.put_nowait({"type": f"lifespan.{what}"})
        await asyncio.wait({self._answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        return self._answer.result() if self._answer.done() else None

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await self._app(scope, self._events.get, self._send)
        except BaseException:  # noqa: BLE001 - an app without a lifespan may raise anything
            if self._answer.done():
                print_failure("the lifespan of the web app failed")

    async def _send(self, event: Event) -> None:
        if not event["type"].startswith("lifespan."):
            raise RuntimeError(f"the app sent {event['type']} in its lifespan")
        if not self._answer.done():
            self._answer.set_result(event)
