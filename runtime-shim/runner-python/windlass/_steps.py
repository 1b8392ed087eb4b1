"""
Methods that are written once for both ways to call them, as generators: what they `yield` is waited for, in a thread or
in an event loop.
"""

import time
from concurrent.futures import Future
from typing import Any, AsyncIterator, Callable, Generator, Iterator, NamedTuple, Optional, Type, Union

from ._blocking import Blocking


class Pause(NamedTuple):
    seconds: float


class Item(NamedTuple):
    """What an iteration gives to its caller."""

    value: Any


Step = Union["Future[Any]", Pause, Item]
Steps = Generator[Step, Any, Any]


class Stepwise:
    """A method whose result is what its steps return."""

    def __init__(self, method: Callable[..., Steps]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, owner: Any, _: Optional[Type[Any]] = None) -> Any:
        return self if owner is None else self._bind(self._method.__get__(owner))

    def _bind(self, steps: Callable[..., Steps]) -> Blocking[Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return _run(steps(*args, **kwargs))

        async def aio(*args: Any, **kwargs: Any) -> Any:
            return await _run_aio(steps(*args, **kwargs))

        return Blocking(call, aio)


class Iteration(Stepwise):
    """A method that is iterated: its steps are what it waits for, and the items."""

    def _bind(self, steps: Callable[..., Steps]) -> Blocking[Any]:
        return Blocking(
            lambda *args, **kwargs: _items(steps(*args, **kwargs)),
            lambda *args, **kwargs: _items_aio(steps(*args, **kwargs)),
        )


def _run(steps: Steps) -> Any:
    try:
        step = next(steps)
        while True:
            step = steps.send(_wait(step))
    except StopIteration as end:
        return end.value


async def _run_aio(steps: Steps) -> Any:
    try:
        step = next(steps)
        while True:
            step = steps.send(await _wait_aio(step))
    except StopIteration as end:
        return end.value


def _items(steps: Steps) -> Iterator[Any]:
    answer: Any = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return
        answer = None
        if type(step) is Item:
            yield step.value
        else:
            answer = _wait(step)


async def _items_aio(steps: Steps) -> AsyncIterator[Any]:
    answer: Any = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return
        answer = None
        if type(step) is Item:
            yield step.value
        else:
            answer = await _wait_aio(step)


def _wait(step: Any) -> Any:
    return time.sleep(step.seconds) if type(step) is Pause else step.result()


async def _wait_aio(step: Any) -> Any:
    import asyncio

    if type(step) is Pause:
        return await asyncio.sleep(step.seconds)
    return await asyncio.wrap_future(step)
