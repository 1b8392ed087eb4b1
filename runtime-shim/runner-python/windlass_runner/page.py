"""What a page is."""

from typing import NamedTuple, Sequence

from .frames import Buffer


class Page(NamedTuple):
    """Values encoded together: JSON text of an array, bytes out of band. `tagged`: objects with `$w` are tags."""

    text: str
    tagged: bool
    attachments: Sequence[Buffer] = ()
