"""What code can ask about where it runs."""

from typing import Optional

from ._runtime import runtime


def current_input_id() -> Optional[str]:
    """Id of the input that this code runs for, the same for every attempt; None outside of one."""
    current = runtime.current()
    return None if current is None else current.input_id


def current_function_call_id() -> Optional[str]:
    """Id of the call that this code runs for; None outside of one."""
    current = runtime.current()
    return None if current is None else current.function_call_id


def current_attempt() -> Optional[int]:
    """0 for the first attempt of the input that this code runs for; None outside of one."""
    current = runtime.current()
    return None if current is None else current.attempt


def is_local() -> bool:
    """False only in a process that runs functions: a container, here or on AWS."""
    return not runtime.container
