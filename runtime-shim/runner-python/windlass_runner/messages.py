"""Messages between agent and runner: a control line, a newline, and the text of the page that travels with it."""

import base64
import json
from typing import Any, List, NamedTuple, Sequence

from windlass.errors import DeserializationError

from .encode import to_json, to_utf8
from .frames import Buffer, encode_frame
from .page import Page


class Message(NamedTuple):
    control: List[Any]
    text: str
    attachments: List[bytearray]


def parse_message(header: str, attachments: List[bytearray]) -> Message:
    line, _, text = header.partition("\n")
    try:
        control = json.loads(line)
        if type(control) is not list:
            raise ValueError("not an array")
    except (ValueError, RecursionError) as cause:
        raise DeserializationError(
            "WINDLASS_MESSAGE_MALFORMED",
            f'a message\'s control line must be a JSON array, got "{line[:80]}"',
        ) from cause
    return Message(control, text, attachments)


def encode_control(*control: Any) -> List[Buffer]:
    """A message without a page."""
    return encode_frame(to_utf8(to_json(list(control)) + "\n"))


def encode_message(control: str, text: str, attachments: Sequence[Buffer] = ()) -> List[Buffer]:
    """A message with a page; `control` is JSON, which never holds a newline."""
    return encode_frame(to_utf8(f"{control}\n{text}"), attachments)


def page_message(control: Sequence[Any], page: Page) -> List[Buffer]:
    return encode_message(to_json(list(control)), page.text, page.attachments)


def pack_page(page: Page) -> str:
    """A small page as one string, bytes included, as `packPage` of TypeScript."""
    encoded = [base64.b64encode(bytes(part)).decode() for part in page.attachments]
    return to_json([page.text, 1 if page.tagged else 0, *encoded])


def unpack_page(packed: str) -> Page:
    text, tagged, *encoded = json.loads(packed)
    return Page(text, tagged == 1, [bytearray(base64.b64decode(part)) for part in encoded])
