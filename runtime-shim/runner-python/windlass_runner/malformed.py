"""Errors for pages that are not valid."""

from typing import Any, NoReturn, Optional

from windlass.errors import DeserializationError

from .limits import MAX_DEPTH

_RESEND_HINT = "send pages made by a Windlass codec of the same version"


def refuse_text(cause: Optional[BaseException]) -> NoReturn:
    _refuse("WINDLASS_PAGE_NOT_JSON", "the text of a page is not JSON", cause)


def refuse_no_array(values: Any) -> NoReturn:
    message = f"the text of a page must be a JSON array of values, got {_kind_of(values)}"
    _refuse("WINDLASS_PAGE_NOT_ARRAY", message)


def refuse_nesting() -> NoReturn:
    message = f"a value of a page is nested more than {MAX_DEPTH} levels deep"
    _refuse("WINDLASS_PAGE_TOO_DEEP", message)


def refuse_tag(name: Any) -> NoReturn:
    got = f'"{name[:40]}"' if isinstance(name, str) else _kind_of(name)
    message = f"a value of a page has the tag {got}, which this version does not know"
    _refuse("WINDLASS_PAGE_TAG_UNKNOWN", message)


def refuse_tagged(name: str, expected: str, cause: Optional[BaseException] = None) -> NoReturn:
    message = f'a value of a page with the tag "{name}" must have {expected}'
    _refuse("WINDLASS_PAGE_TAG_INVALID", message, cause)


def refuse_attachment(index: Any, count: int) -> NoReturn:
    got = str(index) if isinstance(index, (int, float)) else _kind_of(index)
    message = f"a value of a page refers to attachment {got}, and the page has {count}"
    _refuse("WINDLASS_PAGE_ATTACHMENT_MISSING", message)


def _refuse(code: str, message: str, cause: Optional[BaseException] = None) -> NoReturn:
    raise DeserializationError(code, message, _RESEND_HINT) from cause


def _kind_of(value: Any) -> str:
    return "null" if value is None else f"a value of type {type(value).__name__}"
