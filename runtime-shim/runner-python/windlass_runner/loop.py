"""The event loop of the main thread, made when something is first awaited: asyncio takes 50 ms to load."""

from typing import Any, Callable, Coroutine, Optional, Set

from windlass.errors import InputCancellation


class EventLoop:
    """One for all inputs and hooks of a container, so that what user code keeps open stays usable."""

    def __init__(self) -> None:
        self._loop: Any = None
        # The event loop itself forgets tasks that nothing refers to.
        self._tasks: Set[Any] = set()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._get().run_until_complete(coroutine)

    def settle(self, awaitable: Any) -> Any:
        """The value of something awaitable."""

        async def settled() -> Any:
            return await awaitable

        return self.run(settled())

    def run_forever(self) -> None:
        self._get().run_forever()

    def call_soon(self, callback: Callable[..., Any], *arguments: Any) -> None:
        """Any thread may call it; does nothing where nothing was ever awaited."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(callback, *arguments)

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Runs it beside others, from any thread."""

        def begin() -> None:
            task = self._loop.create_task(coroutine)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self.call_soon(begin)

    def stop(self) -> None:
        self.call_soon(lambda: self._loop.stop())

    def prepare(self) -> None:
        self._get()

    def _get(self) -> Any:
        if self._loop is None:
            import asyncio

            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop


class AwaitedTask:
    """The task that awaits user code, and what another thread may cancel of it."""

    def __init__(self) -> None:
        import asyncio

        self._asyncio: Any = asyncio
        self._task: Any = asyncio.current_task()
        self._is_awaiting = False
        self._is_cancelling = False

    async def settle(self, value: Any) -> Any:
        """Awaits what user code gave, if it can be. Raises InputCancellation when `cancel` ended that."""
        if not hasattr(value, "__await__"):
            return value
        self._is_awaiting = True
        try:
            return await value
        except self._asyncio.CancelledError as error:
            if not self._is_cancelling:
                raise
            raise InputCancellation() from error
        finally:
            self._is_awaiting = False
            if self._is_cancelling:
                self._is_cancelling = False
                uncancel: Optional[Callable[[], int]] = getattr(self._task, "uncancel", None)
                if uncancel is not None:
                    uncancel()

    async def breathe(self) -> None:
        """Lets others of the event loop run."""
        await self._asyncio.sleep(0)

    async def in_thread(self, call: Callable[[], Any]) -> None:
        await self._asyncio.get_running_loop().run_in_executor(None, call)

    def cancel(self) -> None:
        """To be called within the event loop."""
        if self._is_awaiting:
            self._is_cancelling = True
            self._task.cancel()
