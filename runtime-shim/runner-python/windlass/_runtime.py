"""State of this process: what the runner tells the module that user code imports."""

from typing import Any, Callable, NamedTuple, Optional


class InputContext(NamedTuple):
    """What code can ask about the input that it is running for."""

    function_call_id: str
    input_id: str
    attempt: int


class Runtime:
    def __init__(self) -> None:
        # True in a process that runs functions.
        self.container = False
        self.app = ""
        # Gives the way to other functions, in a container.
        self.backend: Optional[Callable[[], Any]] = None
        # Gives the way to dicts, queues and secrets, in a container.
        self.storage: Optional[Callable[[], Any]] = None
        self.current: Callable[[], Optional[InputContext]] = lambda: None


runtime = Runtime()
