"""Results and errors of inputs, taken as they are when they are given."""

from typing import Any, NamedTuple

from windlass.errors import NonRetriableError

from .encode import FLAT, encode_page, encode_value, is_plain, to_json
from .limits import TAG
from .page import Page
from .refusal import check_size
from .tag_error import chain_is_too_long, message_of, trim_traceback

# Nothing can change them: they wait and are encoded together, which is several times faster.
PRIMITIVES = frozenset({int, float, bool, str, type(None)})


class Failed(NamedTuple):
    """An input that failed: `rejected` cannot be mended by another attempt."""

    kind: str
    error: Page


# The JSON of a nested value, alone in a tuple: a class of its own would take as long as the call of a short function.
Json: Any = tuple
# What stands for a result until it is sent: as above, or the page of one value that is tagged. Primitives, and copies of
# what holds nothing else, stand for themselves.
Output = Any


def take(value: Any) -> Output:
    """A result as it is now: user code may go on to change it. Raises SerializationError, RequestSizeError."""
    kind = type(value)
    # A copy of what is flat is quicker than its JSON, which is made for a whole page at once.
    if (kind is dict or kind is list) and is_plain(value, FLAT):
        return value.copy()
    return encode_now(value, "result")


def encode_now(value: Any, root: str) -> Output:
    """The same as JSON or as a page. Raises SerializationError, RequestSizeError."""
    try:
        if is_plain(value, 0):
            text = to_json(value)
            check_size(text, root)
            return (text,)
    except (ValueError, RecursionError):
        pass
    page = encode_value(value, root)
    return page if page.tagged else (page.text[1:-1],)


def fail(error: BaseException) -> Failed:
    # What cannot travel is the fault of the code, not of the attempt.
    is_final = isinstance(error, NonRetriableError)
    return Failed("rejected" if is_final else "error", encode_error(error))


def reject(error: BaseException) -> Failed:
    return Failed("rejected", encode_error(error))


def encode_error(error: BaseException) -> Page:
    """Anything that was raised, as a page; what of it cannot travel is left behind."""
    trim_traceback(error)
    try:
        if not chain_is_too_long(error):
            return encode_page([error], lambda _: "error")
    except Exception:  # noqa: BLE001 - the error itself must arrive, whatever its fields do
        pass
    name, message = type(error).__name__, message_of(error)
    fields = {"name": name, "message": message, "stack": f"{name}: {message}"}
    return Page(to_json([{TAG: "Error", **fields}]), True)
