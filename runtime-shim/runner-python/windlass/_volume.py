"""`windlass.Volume`."""

import datetime
import os
import time
from collections import deque
from typing import Any, Deque, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Union

from ._mounts import volume_path
from ._object import MadeObject, Objects, ask
from ._steps import Item, Iteration, Steps, Stepwise

# As much of a file is one piece.
_PIECE_BYTES = 8 * 1024 * 1024
# Pieces of one file that are fetched at once.
_AT_ONCE = 4

Query = Dict[str, Any]
Data = Union[str, bytes, bytearray, memoryview, Iterable[bytes]]


class FileEntry(NamedTuple):
    """What is at a path of a volume."""

    # From the root of the volume, without a slash before it.
    path: str
    # "file", "directory" or "link".
    type: str
    # Bytes; 0 for what is no file.
    size: int
    # When it was last written.
    modified_at: datetime.datetime
    # Permissions, as those of POSIX.
    mode: int


class Volume(MadeObject):
    """
    Files that all containers and programs of an environment share. A container that mounts it works on files of its own
    machine: `commit` makes its changes what everybody else sees, `reload` fetches what others committed.
    """

    kind = "volume"
    objects = Objects("volume")

    @property
    def path(self) -> str:
        """Where it is mounted in this container. Raises ExecutionError where it is not."""
        return volume_path(self.name)

    @Stepwise
    def commit(self) -> Steps:
        """
        Makes what this container has changed in it what everybody else sees: all of it at once, file by file the last
        one wins. That happens by itself every few seconds and when the container ends.
        """
        yield from self._ask("commit", self.path)

    @Stepwise
    def reload(self) -> Steps:
        """Fetches what others have committed. Raises ExecutionError while a process has a file of it open."""
        yield from self._ask("reload", self.path)

    def batch_upload(self, *, force: bool = False) -> "Batch":
        """
        Uploads what is put into it at the end of the block, which everybody sees at once: `with volume.batch_upload() as
        batch: batch.put_directory("data", "/training")`. Raises AlreadyExistsError for a file that there is, unless
        `force`.
        """
        return Batch(self, force)

    @Iteration
    def read_file(self, path: str) -> Steps:
        """The bytes of a file as it is now, in pieces of up to 8 MiB. Raises NotFoundError."""
        found = yield from self._ask("find", path)
        waiting: Deque[Any] = deque()
        for piece in found["pieces"]:
            waiting.append(ask("volumes", "read", self.name, piece))
            if len(waiting) >= _AT_ONCE:
                yield Item(bytes((yield waiting.popleft())))
        while waiting:
            yield Item(bytes((yield waiting.popleft())))

    @Stepwise
    def write_file(self, path: str, data: Data, *, mode: int = 0o644) -> Steps:
        """Writes a file: others see all of it, or what was there before. Folders above it are made."""
        pieces: List[Any] = []
        size = 0
        for part in _in_pieces(data):
            pieces.append((yield from self._ask("write", part)))
            size += len(part)
        entry = {
            "path": path,
            "type": "file",
            "size": size,
            "modifiedAt": int(time.time() * 1000),
            "mode": mode,
            "pieces": pieces,
            "target": "",
        }
        yield from self._ask("change", [{"kind": "put", "entry": entry}])

    @Stepwise
    def listdir(self, path: str = "/", *, recursive: bool = False) -> Steps:
        """What is in a folder; of a file, itself. Raises NotFoundError."""
        found: List[FileEntry] = []
        query: Optional[Query] = {"path": path, "recursive": recursive}
        while query is not None:
            page = yield from self._ask("list", query)
            found += map(_to_file_entry, page["entries"])
            query = _query_after(query, page)
        return found

    @Iteration
    def iterdir(self, path: str = "/", *, recursive: bool = True) -> Steps:
        """What is in a folder and its folders, read in pages as it is asked for. Raises NotFoundError."""
        query: Optional[Query] = {"path": path, "recursive": recursive}
        while query is not None:
            page = yield from self._ask("list", query)
            for entry in page["entries"]:
                yield Item(_to_file_entry(entry))
            query = _query_after(query, page)

    @Stepwise
    def remove_file(self, path: str, *, recursive: bool = False) -> Steps:
        """Removes a file, or with `recursive` a folder with all that is in it. Raises NotFoundError, InvalidError."""
        yield from self._ask("change", [{"kind": "remove", "path": path, "recursive": recursive}])

    @Stepwise
    def copy_files(self, sources: Sequence[str], destination: str, *, recursive: bool = False) -> Steps:
        """
        Copies files without reading them. Into a folder where `destination` is one or there are several; else it is the
        path of the copy. Raises NotFoundError; InvalidError for a folder without `recursive`.
        """
        is_root = all(name in ("", ".") for name in destination.split("/"))
        is_into = len(sources) > 1 or destination.endswith("/") or is_root
        changes = [
            {"kind": "copy", "from": source, "to": destination, "recursive": recursive, "isInto": is_into}
            for source in sources
        ]
        if changes:
            yield from self._ask("change", changes)


class Batch:
    """What `Volume.batch_upload` uploads, for the block of a `with` or `async with`."""

    def __init__(self, volume: Volume, force: bool) -> None:
        self._volume = volume
        self._force = force
        self._items: List[Dict[str, Any]] = []

    def put_file(self, local: str, path: str, *, mode: Optional[int] = None) -> None:
        """A file of this container. A path that ends in "/" is the folder that it goes to."""
        whole = os.path.abspath(local)
        at = f"{path}{os.path.basename(whole)}" if path.endswith("/") else path
        options = {} if mode is None else {"mode": mode}
        self._items.append({"kind": "file", "local": whole, "path": at, **options})

    def put_directory(self, local: str, path: str, *, recursive: bool = True) -> None:
        """What is in a folder of this container; `path` is that folder in the volume."""
        item = {"kind": "folder", "local": os.path.abspath(local), "path": path, "recursive": recursive}
        self._items.append(item)

    def __enter__(self) -> "Batch":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self._upload()

    async def __aenter__(self) -> "Batch":
        return self

    async def __aexit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            await self._upload.aio()

    @Stepwise
    def _upload(self) -> Steps:
        if self._items:
            request = {"items": self._items, "force": self._force}
            yield from self._volume._ask("upload", request)


def _in_pieces(data: Data) -> Iterator[bytes]:
    """Data in pieces of one size, of which the last may be smaller."""
    if isinstance(data, str):
        parts: Iterable[bytes] = [data.encode()]
    elif isinstance(data, (bytes, bytearray, memoryview)):
        parts = [bytes(data)]
    else:
        parts = data
    waiting = bytearray()
    for part in parts:
        waiting += part
        while len(waiting) >= _PIECE_BYTES:
            yield bytes(waiting[:_PIECE_BYTES])
            del waiting[:_PIECE_BYTES]
    if waiting:
        yield bytes(waiting)


def _query_after(query: Query, page: Any) -> Optional[Query]:
    return None if page.get("next") is None else {**query, "after": page["next"]}


def _to_file_entry(entry: Any) -> FileEntry:
    modified = datetime.datetime.fromtimestamp(entry["modifiedAt"] / 1000, datetime.timezone.utc)
    return FileEntry(entry["path"], entry["type"], entry["size"], modified, entry["mode"])
