"""To whom a call is addressed, and the ways to open one."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ._ids import create_call_id
from ._runtime import runtime
from .errors import InvalidError, NoBackendError


class Target(NamedTuple):
    """A function, or a method of one parameter set of a class."""

    app: str
    name: str
    method: Optional[str] = None
    # The constructor's parameters, packed.
    params: Optional[str] = None

    def request(self, kind: str, call_id: Optional[str] = None) -> Tuple[Any, ...]:
        """What a message says of a new call."""
        call_id = call_id or create_call_id()
        return (call_id, kind, self.app, self.name, self.method or 0, self.params or 0)


def create_target(name: str, app: Optional[str]) -> Target:
    if type(name) is not str or not name:
        message = f"the name of a function must be a text, got {name!r}"
        raise InvalidError("WINDLASS_INVALID_NAME", message, 'write `windlass.function("resize")`')
    return Target(app or runtime.app, name)


def backend() -> Any:
    """The way to other functions. Raises NoBackendError outside of a container."""
    if runtime.backend is None:
        raise NoBackendError(
            "WINDLASS_NO_BACKEND",
            "there is nowhere to run a remote call: this is no container of Windlass",
            "run the app with `windlass run`, and call from functions of it",
        )
    return runtime.backend()


def to_arguments(args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> List[Any]:
    """Keyword arguments travel as one object after the others."""
    return [*args, kwargs] if kwargs else list(args)
