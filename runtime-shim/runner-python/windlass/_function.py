"""Handles of functions and classes."""

from typing import Any, AsyncIterator, Callable, Dict, Iterable, Iterator, Optional

from windlass_runner.encode import encode_page
from windlass_runner.messages import pack_page

from ._blocking import Blocking
from ._function_call import FunctionCall, call_spawn, call_spawn_map
from ._map import MapOptions, call_generator, call_map
from ._remote import call_remote, call_remote_aio
from ._target import Target, create_target, to_arguments

class Function:
    """A function of an app, or a method of a remote object."""

    def __init__(self, target: Target) -> None:
        self._target = target
        # Runs it once and waits for its output.
        self.remote: Blocking[Any] = Blocking(self._remote, self._remote_aio)
        # Runs it once per item; iterate the result for the outputs.
        self.map: Blocking[Iterator[Any]] = Blocking(self._map, _in_thread(self._map))
        # The same with a tuple of arguments per item.
        self.starmap: Blocking[Iterator[Any]] = Blocking(self._starmap, _in_thread(self._starmap))
        # Runs a generator and yields its items as they come.
        self.remote_gen: Blocking[Iterator[Any]] = Blocking(self._gen, _in_thread(self._gen))

    @property
    def name(self) -> str:
        return self._target.name

    def spawn(self, *args: Any, **kwargs: Any) -> FunctionCall:
        """Stores a call and returns; it runs whether or not anyone waits."""
        return call_spawn(self._target, to_arguments(args, kwargs))

    def spawn_map(self, items: Iterable[Any]) -> FunctionCall:
        """Stores one call with an input per item."""
        return call_spawn_map(self._target, items)

    def for_each(self, items: Iterable[Any], ignore_exceptions: bool = False) -> None:
        """Runs it once per item and waits for all."""
        for _ in self._map(items, ordered=False, return_exceptions=ignore_exceptions):
            pass

    def _remote(self, *args: Any, **kwargs: Any) -> Any:
        return call_remote(self._target, to_arguments(args, kwargs))

    async def _remote_aio(self, *args: Any, **kwargs: Any) -> Any:
        return await call_remote_aio(self._target, to_arguments(args, kwargs))

    def _gen(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        return call_generator(self._target, to_arguments(args, kwargs))

    def _map(
        self, items: Iterable[Any], ordered: bool = True, return_exceptions: bool = False
    ) -> Iterator[Any]:
        return call_map(self._target, items, MapOptions(True, ordered, return_exceptions))

    def _starmap(
        self, items: Iterable[Any], ordered: bool = True, return_exceptions: bool = False
    ) -> Iterator[Any]:
        return call_map(self._target, items, MapOptions(False, ordered, return_exceptions))


class Cls:
    """A class of an app: called with parameters, it gives a remote object."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def __call__(self, **params: Any) -> "RemoteObject":
        if not params:
            return RemoteObject(self._target)
        # Sorted, so that the order in which parameters are written makes no other pool of containers.
        page = encode_page([dict(sorted(params.items()))], lambda _: "params")
        return RemoteObject(self._target._replace(params=pack_page(page)))


class RemoteObject:
    """An object of a class that lives in containers: each of its attributes is a remote method."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._methods: Dict[str, Function] = {}

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._methods:
            self._methods[name] = Function(self._target._replace(method=name))
        return self._methods[name]


def function(name: str, app: Optional[str] = None) -> Function:
    """The function of this name, in TypeScript or Python. `app`: another one that is deployed; by default this one."""
    return Function(create_target(name, app))


def cls(name: str, app: Optional[str] = None) -> Cls:
    """The class of this name: `windlass.cls("Llm")(model="small").generate.remote("hello")`."""
    return Cls(create_target(name, app))


def _in_thread(call: Callable[..., Iterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
    """Iterates in a thread, so that the event loop goes on."""

    async def iterate(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        import asyncio

        outputs = call(*args, **kwargs)
        end = object()
        while True:
            output = await asyncio.get_running_loop().run_in_executor(None, next, outputs, end)
            if output is end:
                return
            yield output

    return iterate
