"""What messages about requests say, for both interfaces."""

import sys
import traceback
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

from .encode import to_json
from .frames import Buffer
from .messages import encode_message

# Bytes of a body or of WebSocket messages that may be on their way in one direction. The agent has the same.
WINDOW_BYTES = 256 * 1024
# What was read is told of in pieces of this size.
CREDIT_BYTES = 64 * 1024
# Code that nobody waits for gets this long to end by itself.
GRACE_SECONDS = 1.0


class ClientDisconnected(OSError):
    """The client has gone, or its request ran out of time."""


class RequestFields(NamedTuple):
    """A request without its body."""

    method: str
    # Path and query as they came.
    target: str
    http_version: str
    client: List[Any]
    server: List[Any]
    # Names and values in turn.
    headers: List[str]
    has_body: bool


def parse_request_fields(fields: Sequence[Any]) -> RequestFields:
    return RequestFields(*fields[:6], has_body=len(fields) > 6 and fields[6] == 1)


def pairs(headers: Sequence[str]) -> List[Tuple[str, str]]:
    return list(zip(headers[::2], headers[1::2]))


def request_message(*control: Any, data: Optional[Buffer] = None) -> List[Buffer]:
    return encode_message(to_json(list(control)), "", () if data is None else (data,))


def pieces(data: Buffer) -> List[memoryview]:
    """No larger than the window, so that one body fills no memory on its way."""
    view = memoryview(data).cast("B")
    return [view[at : at + WINDOW_BYTES] for at in range(0, len(view), WINDOW_BYTES)]


def print_failure(what: str) -> None:
    print(f"{what}:\n{traceback.format_exc().rstrip()}", file=sys.stderr, flush=True)
