"""Ids of calls, and of objects that have a name."""

import os
import time
from typing import Optional, Tuple

# Crockford base 32 in lower case: sorts by value, has no look-alikes.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_CHARS = 9
_RANDOM_CHARS = 16


def create_object_id() -> str:
    """Sorts by creation time: 45 bits of milliseconds, then 80 random bits."""
    now = int(time.time() * 1000)
    times = [_ALPHABET[now >> 5 * shift & 31] for shift in range(_TIME_CHARS - 1, -1, -1)]
    randoms = [_ALPHABET[byte & 31] for byte in os.urandom(_RANDOM_CHARS)]
    return "".join(times + randoms)


def create_call_id() -> str:
    """Sorts by creation time, too."""
    return f"fc-{create_object_id()}"


def parse_call_id(call_id: str) -> Tuple[str, Optional[int]]:
    """Splits `fc-….12` into its group and index; a plain call id has no index."""
    group, dot, index = call_id.partition(".")
    return (group, int(index)) if dot else (call_id, None)
