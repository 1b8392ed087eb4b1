"""Methods with two ways to be called: as they are they block their thread, by `.aio` they are for `await`."""

from typing import Any, Callable, Generic, TypeVar

Output = TypeVar("Output")


class Blocking(Generic[Output]):
    """Called as it is, it blocks its thread; `aio` is the same for `await`."""

    def __init__(self, call: Callable[..., Output], aio: Callable[..., Any]) -> None:
        self._call = call
        self.aio = aio

    def __call__(self, *args: Any, **kwargs: Any) -> Output:
        return self._call(*args, **kwargs)
