"""Frames: many bytes as one message on a socket. Drawn in docs/wire.md."""

import struct
from typing import Callable, List, Optional, Sequence, Tuple, Type, Union

from windlass.errors import DeserializationError, RequestSizeError, WindlassError

from .limits import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_HEADER_BYTES, TRUSTED_BYTES

Buffer = Union[bytes, bytearray, memoryview]
# Code and message.
_Problem = Tuple[str, str]
FrameHandler = Callable[[str, List[bytearray]], None]

_FIXED = struct.Struct("<II")
_SEND_HINT = "send less at a time, large data as bytes or by way of a file"
_RECEIVE_HINT = "use the same version of Windlass on both sides, and let nothing else write to its socket"


def encode_frame(header: bytes, attachments: Sequence[Buffer] = ()) -> List[Buffer]:
    """The parts of one frame, in order. Attachments are not copied. Raises RequestSizeError."""
    _check(_header_problem(len(header)), RequestSizeError, _SEND_HINT)
    if not attachments:
        return [_FIXED.pack(len(header), 0) + header]
    _check(_count_problem(len(attachments)), RequestSizeError, _SEND_HINT)
    lengths = [memoryview(part).nbytes for part in attachments]
    for length in lengths:
        _check(_attachment_problem(length), RequestSizeError, _SEND_HINT)
    head = _FIXED.pack(len(header), len(lengths)) + struct.pack(f"<{len(lengths)}I", *lengths)
    return [head + header, *attachments]


class FrameReader:
    """
    Cuts a stream of bytes into frames. Nothing of a chunk is kept, so its memory may be reused. After an error each
    later call raises the same: it cannot know where the next frame begins.
    """

    def __init__(self, on_frame: FrameHandler) -> None:
        self._on_frame = on_frame
        self._part: Optional[_Part] = None
        self._step: Callable[[bytearray], None] = self._read_fixed
        self._header_bytes = 0
        self._header = ""
        self._lengths: Sequence[int] = ()
        self._attachments: List[bytearray] = []
        self._failure: Optional[BaseException] = None

    def push(self, chunk: Buffer) -> None:
        """Takes the next bytes, and hands on the frames that they complete. Raises DeserializationError."""
        if self._failure is not None:
            raise self._failure
        try:
            self._read(memoryview(chunk))
        except BaseException as error:
            self._failure = error
            raise

    def end(self) -> None:
        """States that no more bytes come. Raises DeserializationError within a frame."""
        if self._failure is not None:
            raise self._failure
        if self._part is not None:
            raise DeserializationError(
                "WINDLASS_FRAME_TRUNCATED",
                "the stream ended in the middle of a frame",
                "look at why the process at the other end stopped",
            )

    def room(self) -> Optional[memoryview]:
        """The rest of a large part, to be read into at once; `filled` follows. None: push the bytes instead."""
        return None if self._part is None else self._part.room()

    def filled(self, count: int) -> None:
        """States that so many bytes were read into `room`."""
        part = self._part
        if part is None:
            return
        part.filled += count
        if part.filled == part.size:
            self._step(part.memory)

    def _read(self, chunk: memoryview) -> None:
        offset = 0
        while offset < len(chunk):
            if self._part is None:
                end = self._read_whole(chunk, offset)
                if end > offset:
                    offset = end
                    continue
                self._part = _Part(_FIXED.size)
                self._step = self._read_fixed
            part = self._part
            offset += part.take(chunk, offset)
            if part.filled == part.size:
                self._step(part.memory)

    def _read_whole(self, chunk: memoryview, offset: int) -> int:
        """Reads a frame without attachments that is all in the chunk; gives its end, else `offset`."""
        start = offset + _FIXED.size
        if start > len(chunk):
            return offset
        length: int
        length, count = _FIXED.unpack_from(chunk, offset)
        if count != 0 or start + length > len(chunk):
            return offset
        _check(_header_problem(length), DeserializationError, _RECEIVE_HINT)
        self._on_frame(_to_text(chunk[start : start + length]), [])
        return start + length

    def _read_fixed(self, memory: bytearray) -> None:
        self._header_bytes, count = _FIXED.unpack(memory)
        problem = _header_problem(self._header_bytes) or _count_problem(count)
        _check(problem, DeserializationError, _RECEIVE_HINT)
        self._lengths = ()
        self._attachments = []
        if count == 0:
            self._expect(self._header_bytes, self._read_header)
        else:
            self._expect(4 * count, self._read_lengths)

    def _read_lengths(self, memory: bytearray) -> None:
        self._lengths = struct.unpack(f"<{len(memory) // 4}I", memory)
        for length in self._lengths:
            _check(_attachment_problem(length), DeserializationError, _RECEIVE_HINT)
        self._expect(self._header_bytes, self._read_header)

    def _read_header(self, memory: bytearray) -> None:
        self._header = _to_text(memory)
        self._next_attachment()

    def _read_attachment(self, memory: bytearray) -> None:
        self._attachments.append(memory)
        self._next_attachment()

    def _next_attachment(self) -> None:
        while len(self._attachments) < len(self._lengths):
            length = self._lengths[len(self._attachments)]
            if length > 0:
                self._expect(length, self._read_attachment)
                return
            self._attachments.append(bytearray())
        header, attachments = self._header, self._attachments
        self._part = None
        self._header, self._attachments = "", []
        self._on_frame(header, attachments)

    def _expect(self, size: int, step: Callable[[bytearray], None]) -> None:
        self._part = _Part(size)
        self._step = step


class _Part:
    """A piece of known size that arrives in chunks."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.filled = 0
        self.memory = bytearray(min(size, TRUSTED_BYTES))

    def room(self) -> memoryview:
        if self.filled == len(self.memory):
            # Doubles, so that all copies together are no more than the size.
            self.memory.extend(bytes(min(self.size, 2 * self.filled) - self.filled))
        return memoryview(self.memory)[self.filled :]

    def take(self, chunk: memoryview, offset: int) -> int:
        with self.room() as room:
            count = min(len(room), len(chunk) - offset)
            room[:count] = chunk[offset : offset + count]
        self.filled += count
        return count


def _to_text(data: Buffer) -> str:
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as cause:
        raise DeserializationError(
            "WINDLASS_FRAME_NOT_UTF8", "the header of a frame is not UTF-8", _RECEIVE_HINT
        ) from cause


def _header_problem(size: int) -> Optional[_Problem]:
    if 0 < size <= MAX_HEADER_BYTES:
        return None
    message = f"the header of a frame must be 1 to {MAX_HEADER_BYTES} bytes, got {size}"
    return ("WINDLASS_FRAME_HEADER_SIZE", message)


def _count_problem(count: int) -> Optional[_Problem]:
    if count <= MAX_ATTACHMENTS:
        return None
    message = f"a frame must have at most {MAX_ATTACHMENTS} attachments, got {count}"
    return ("WINDLASS_FRAME_ATTACHMENT_COUNT", message)


def _attachment_problem(size: int) -> Optional[_Problem]:
    if size <= MAX_ATTACHMENT_BYTES:
        return None
    message = f"an attachment of a frame must be at most {MAX_ATTACHMENT_BYTES} bytes, got {size}"
    return ("WINDLASS_FRAME_ATTACHMENT_SIZE", message)


def _check(problem: Optional[_Problem], error_class: Type[WindlassError], hint: str) -> None:
    if problem is not None:
        raise error_class(*problem, hint)
