"""What dicts, queues, secrets and volumes have in common: a name, and an object that it stands for."""

import datetime
import re
from typing import Any, List, NamedTuple, Optional, Type, TypeVar

from ._ids import create_object_id
from ._runtime import runtime
from ._steps import Steps, Stepwise
from .errors import InvalidError, NoBackendError, NotFoundError

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PREFIXES = {"dict": "di", "queue": "qu", "secret": "st", "volume": "vo"}
# Names of objects without one begin with this, which no given name does.
_EPHEMERAL = "~"

Named = TypeVar("Named", bound="NamedObject")
Made = TypeVar("Made", bound="MadeObject")


class ObjectInfo(NamedTuple):
    """What is known of an object."""

    name: str
    # For `from_id`: another one for each object that ever had this name.
    id: str
    created_at: datetime.datetime


class NamedObject:
    """The object of a name: looked up with its first use."""

    kind = ""

    def __init__(self, name: str, object_id: Optional[str] = None, create_if_missing: bool = False) -> None:
        self.name = name
        self._id = object_id
        self._creates = create_if_missing
        self._is_found = False

    @classmethod
    def from_id(cls: Type[Named], object_id: str) -> Named:
        """The one with the id that `info()` told: not another that has its name by now. Raises InvalidError."""
        prefix = _PREFIXES[cls.kind]
        found = re.fullmatch(rf"{prefix}-([0-9a-z]{{25}})-(~?[A-Za-z0-9._-]{{1,64}})", str(object_id))
        if found is None:
            raise InvalidError(
                "WINDLASS_INVALID_OBJECT_ID",
                f'the id of a {cls.kind} begins with "{prefix}-" and ends in its name, got {object_id!r}',
                "take it from `info()`",
            )
        return cls(found[2], found[1])

    @Stepwise
    def info(self) -> Steps:
        """Name, id and when it was made. Raises NotFoundError."""
        return to_info((yield from self._look()))

    @property
    def subject(self) -> str:
        """`dict "cache"`, for messages."""
        return f"a {self.kind} without a name" if is_ephemeral(self.name) else f'{self.kind} "{self.name}"'

    def _ask(self, method: str, *args: Any) -> Steps:
        """Asks the store of its kind, once the object is there. Raises NotFoundError."""
        if not self._is_found:
            yield from self._look()
            self._is_found = True
        return (yield ask(f"{self.kind}s", method, self.name, *args))

    def _look(self) -> Steps:
        if self._creates:
            return (yield ask("objects", "create", self.kind, self.name, True))
        found = yield ask("objects", "find", self.kind, self.name)
        if self._id is not None and found["id"] != self._id:
            raise self._replaced(found)
        return found

    def _replaced(self, found: Any) -> NotFoundError:
        wanted = to_info({**found, "id": self._id}).id
        return NotFoundError(
            "WINDLASS_OBJECT_REPLACED",
            f'{self.kind} "{self.name}" is "{to_info(found).id}" now, and "{wanted}" was deleted',
            f'use the new one with `{type(self).__name__}.from_name("{self.name}")`',
        )


class MadeObject(NamedObject):
    """One that code may make by itself."""

    @classmethod
    def from_name(cls: Type[Made], name: str, *, create_if_missing: bool = False) -> Made:
        """The one of this name; it is looked up with its first use. Raises InvalidError for what is no name."""
        check_name(cls.kind, name)
        return cls(name, None, create_if_missing)

    @classmethod
    def ephemeral(cls) -> "Ephemeral":
        """A new one without a name, for a block: `with windlass.Dict.ephemeral() as scratch:`."""
        return Ephemeral(cls)


class Ephemeral:
    """A new object without a name, for the block of a `with` or `async with`; removed at its end."""

    def __init__(self, cls: Type[NamedObject]) -> None:
        self._object = cls(f"{_EPHEMERAL}{create_object_id()}")

    def __enter__(self) -> Any:
        self._create()
        return self._object

    def __exit__(self, *_: Any) -> None:
        self._delete()

    async def __aenter__(self) -> Any:
        await self._create.aio()
        return self._object

    async def __aexit__(self, *_: Any) -> None:
        await self._delete.aio()

    @Stepwise
    def _create(self) -> Steps:
        yield ask("objects", "create", self._object.kind, self._object.name, False)

    @Stepwise
    def _delete(self) -> Steps:
        yield ask("objects", "delete", self._object.kind, self._object.name)


class Objects:
    """Makes objects of one kind. Containers can neither list nor delete them."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    @Stepwise
    def create(self, name: str, *, allow_existing: bool = False) -> Steps:
        """Raises AlreadyExistsError, unless `allow_existing`."""
        check_name(self._kind, name)
        yield ask("objects", "create", self._kind, name, allow_existing)

    @Stepwise
    def list(self) -> Steps:
        """Raises InvalidError in a container."""
        found: List[Any] = yield ask("objects", "list", self._kind)
        return [to_info(each) for each in found if not is_ephemeral(each["name"])]

    @Stepwise
    def delete(self, name: str) -> Steps:
        """Raises InvalidError in a container."""
        check_name(self._kind, name)
        yield ask("objects", "delete", self._kind, name)


def check_name(kind: str, name: Any) -> None:
    """Raises InvalidError for what is no name."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return
    raise InvalidError(
        "WINDLASS_INVALID_OBJECT_NAME",
        f'the name of a {kind} must be 1 to 64 letters, digits, ".", "_" or "-", got {name!r}',
        f'write a name, for instance `{kind.capitalize()}.from_name("cache")`',
    )


def size_of(text: Any) -> int:
    """Bytes of a text; -1 for what is none, or holds half a character, which would arrive as another."""
    try:
        return len(text.encode()) if isinstance(text, str) else -1
    except UnicodeEncodeError:
        return -1


def is_ephemeral(name: str) -> bool:
    return name.startswith(_EPHEMERAL)


def to_info(found: Any) -> ObjectInfo:
    kind, name = found["kind"], found["name"]
    created = datetime.datetime.fromtimestamp(found["createdAt"] / 1000, datetime.timezone.utc)
    return ObjectInfo(name, f"{_PREFIXES[kind]}-{found['id']}-{name}", created)


def ask(store: str, method: str, *args: Any) -> Any:
    """A question to a store, to be waited for. Raises NoBackendError outside of a container."""
    if runtime.storage is None:
        raise NoBackendError(
            "WINDLASS_NO_BACKEND",
            "there are no dicts, queues, secrets and volumes here: this is no container of Windlass",
            "run the app with `windlass run`, and use them in its functions",
        )
    return runtime.storage().ask(store, method, *args)
