"""How a class says which of its methods are remote, and which run when its container starts and stops."""

from typing import Any, Callable, Iterator, List, Optional, Tuple, TypeVar

_MARK = "__windlass_role__"
Method = TypeVar("Method", bound=Callable[..., Any])


def enter(method: Optional[Method] = None) -> Any:
    """Marks the method that runs once per container, before its first input. `@enter` and `@enter()` are the same."""
    return _mark("enter", method)


def exit(method: Optional[Method] = None) -> Any:  # noqa: A001 - the word of the product
    """Marks the method that runs when its container stops, unless it is killed."""
    return _mark("exit", method)


def preempt(method: Optional[Method] = None) -> Any:
    """Marks the method that runs when its container is taken away, before `exit`: both have 30 s together."""
    return _mark("preempt", method)


def method(method: Optional[Method] = None) -> Any:
    """Marks a method that can be called remotely. The others of a class cannot."""
    return _mark("method", method)


def asgi(method: Optional[Method] = None) -> Any:
    """Marks the method that returns an ASGI app, once its object has entered: that app answers requests."""
    return _mark("asgi", method)


def wsgi(method: Optional[Method] = None) -> Any:
    """The same for a WSGI app."""
    return _mark("wsgi", method)


def _mark(role: str, method: Any) -> Any:
    def decorate(marked: Any) -> Any:
        setattr(marked, _MARK, role)
        return marked

    return decorate if method is None else decorate(method)


def methods_of(cls: type) -> List[str]:
    """Names of the methods that can be called remotely, those of base classes too."""
    return marked_as(cls, "method")


def marked_as(cls: type, role: str) -> List[str]:
    """Names of the methods with this role, those of base classes too."""
    return sorted({name for name, _ in _marked(cls, role)})


def hooks_of(cls: type, role: str) -> List[Callable[..., Any]]:
    """Hooks of a class in the order in which they run: base classes enter first, and are the last to exit or save."""
    hooks = [hook for _, hook in _marked(cls, role)]
    return hooks if role == "enter" else hooks[::-1]


def _marked(cls: type, role: str) -> Iterator[Tuple[str, Callable[..., Any]]]:
    for owner in reversed(cls.__mro__):
        for name, value in vars(owner).items():
            if getattr(value, _MARK, None) == role:
                yield name, value
