"""Functions of the test app."""

import asyncio
import datetime
import functools
import os
import re
import sys
import threading
import time

import windlass


def double(n):
    return n * 2


def add(a, b=10):
    return a + b


def echo(value):
    return value


def describe(value):
    """What a value is in Python."""
    if isinstance(value, (list, tuple)):
        return [describe(item) for item in value]
    return [type(value).__name__, repr(value)]


def options(a, *, width=1, deep=False):
    return [a, width, deep]


class _Later:
    async def __call__(self, n):
        await asyncio.sleep(0)
        return n * 2


later_object = _Later()
later_partial = functools.partial(_Later.__call__, later_object)


async def double_later(n):
    await asyncio.sleep(0)
    return n * 2


_state = []


def grow(n):
    """The same list each time, changed since."""
    _state.append(n)
    return _state


class PaymentError(Exception):
    def __init__(self, message, amount):
        super().__init__(message)
        self.amount = amount
        self.socket = threading.Lock()


def pay(amount):
    try:
        raise KeyError("account")
    except KeyError as cause:
        raise PaymentError("declined", amount) from cause


def refuse(message):
    raise windlass.NonRetriableError(message, "do not")


def count_attempts(path):
    with open(path, "a") as file:
        file.write("x")
    size = os.path.getsize(path)
    if size < 3:
        raise ValueError(f"attempt {windlass.current_attempt()}")
    return size


def unserializable(kind):
    values = {
        "function": lambda: {"items": [1, 2, 3, {"fn": print}]},
        "object": lambda: {"when": datetime.date(2024, 1, 1)},
        "cycle": lambda: _cycle(),
        "generator": lambda: (each for each in ()),
        "bytes in a set": lambda: {"a": {1, frozenset({b"x"})}, "bad": object()},
    }
    return values[kind]()


def _cycle():
    items = [1]
    items.append({"again": items})
    return {"items": items}


def leave(code):
    sys.exit(code)


def crash():
    os._exit(7)


def count_to(n):
    for i in range(n):
        yield i


async def count_later(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


def count_then_fail(n):
    yield from range(n)
    raise ValueError("enough")


def count_for_ever(path):
    i = 0
    try:
        while True:
            yield i
            i += 1
    finally:
        _note(path, "closed")


def _note(path, text):
    with open(path, "a") as file:
        file.write(text + "\n")


def sleep(seconds, path):
    _note(path, "started")
    try:
        time.sleep(seconds)
        return os.getpid()
    except windlass.InputCancellation:
        _note(path, "cancelled")
        raise
    finally:
        _note(path, "finally")


def spin(path):
    _note(path, "started")
    try:
        while True:
            pass
    finally:
        _note(path, "finally")


async def sleep_later(seconds, path):
    _note(path, "started")
    try:
        await asyncio.sleep(seconds)
        return os.getpid()
    except asyncio.CancelledError:
        _note(path, "cancelled")
        raise


def stubborn(path):
    _note(path, f"pid {os.getpid()}")
    while True:
        try:
            while True:
                time.sleep(0.01)
        except windlass.InputCancellation:
            _note(path, "swallowed")


_together = 0
_most = 0


def meet(seconds):
    """How many ran at most at the same time."""
    global _together, _most
    _together += 1
    _most = max(_most, _together)
    time.sleep(seconds)
    _together -= 1
    return [_most, threading.current_thread() is threading.main_thread(), windlass.current_input_id()]


async def meet_later(seconds):
    global _together, _most
    _together += 1
    _most = max(_most, _together)
    await asyncio.sleep(seconds)
    _together -= 1
    return [_most, threading.current_thread() is threading.main_thread(), windlass.current_input_id()]


def where():
    return {
        "local": windlass.is_local(),
        "input": windlass.current_input_id(),
        "call": windlass.current_function_call_id(),
        "attempt": windlass.current_attempt(),
        "env": os.environ["GREETING"],
    }


def total(numbers):
    """A numpy array where numpy is installed, else one of the standard library."""
    return [type(numbers).__name__, float(sum(numbers))]


def halve(numbers):
    numbers[0] = 0.5
    return numbers


def bytes_of(data):
    return [type(data).__name__, len(data), data[:3]]


def call_typescript(name):
    return windlass.function("greet").remote(name)


def call_typescript_error():
    try:
        windlass.function("fail").remote()
    except TypeError as error:
        return [type(error).__name__, str(error), error.code, "greeter" in error.stack]


def fail_deep():
    try:
        pay(5)
    except PaymentError as cause:
        raise LookupError("outer") from cause


def call_pay(name):
    """By the class that this module has, whichever languages the error came through."""
    try:
        windlass.function(name).remote(3)
    except PaymentError as error:
        return [str(error), error.amount, type(error.__cause__).__name__, "at pay (" in error.stack]


def call_deep_error():
    try:
        windlass.function("failDeep").remote()
    except windlass.RemoteException as error:
        middle = error.__cause__
        return [error.name, str(error), middle.name, middle.at, repr(middle.__cause__)]


def call_unreadable():
    codes = []
    for call in (
        lambda: windlass.function("oddMap").remote(),
        lambda: list(windlass.function("oddItems").remote_gen()),
        lambda: list(windlass.function("oddMap").map([1])),
    ):
        try:
            call()
        except windlass.DeserializationError as error:
            codes.append(error.code)
    return codes


def call_python(n):
    return sum(windlass.function("double").map(range(n)))


async def call_later(n):
    results = await asyncio.gather(*[windlass.function("double").remote.aio(i) for i in range(n)])
    items = [item async for item in windlass.function("countTo").remote_gen.aio(3)]
    return [results, items]


def spawn_and_get(n):
    call = windlass.function("double").spawn(n)
    return [call.get(), windlass.FunctionCall(call.id).get(timeout_seconds=10)]


def spawn_many(n):
    return list(windlass.function("double").spawn_map(range(n)).iter())


def call_class(word):
    return windlass.cls("Counter")(start=100).add.remote(len(word))


def map_with_errors():
    outputs = windlass.function("failOdd").map(range(4), return_exceptions=True)
    return [output if isinstance(output, int) else str(output) for output in outputs]


def gen_from_typescript(n):
    return list(windlass.function("tsCount").remote_gen(n))


def pattern(value):
    return [value.pattern, value.flags & re.IGNORECASE != 0]


def deep(depth):
    value = datetime.datetime.now()
    for _ in range(depth):
        value = {"value": value}
    return value


def large(size):
    return ["x" * size] if size % 2 else "x" * size


def many_bytes(size):
    return bytes(size)


class Base:
    @windlass.enter
    def open(self):
        self.log = ["base enter"]

    @windlass.exit
    def close(self):
        if self.path:
            _note(self.path, "base exit")


class Counter(Base):
    def __init__(self, start=0, path=None):
        self.value = start
        self.path = path

    @windlass.enter()
    async def prepare(self):
        await asyncio.sleep(0)
        self.log.append("enter")

    @windlass.method()
    def add(self, n):
        self.value += n
        return self.value

    @windlass.method
    async def entered(self):
        return self.log

    @windlass.method
    def items(self, n):
        yield from range(n)

    def hidden(self):
        return "hidden"

    @windlass.exit
    def leave(self):
        if self.path:
            _note(self.path, "exit")


NOT_CALLABLE = 3


def double_all(numbers: list, words: list) -> list:
    return [f"{n * 2}{word} of {len(numbers)}" for n, word in zip(numbers, words)]


async def double_all_later(numbers: list) -> tuple:
    return tuple(n * 2 for n in numbers)


def too_few(numbers: list) -> list:
    return numbers[1:]


def fail_all(numbers: list) -> list:
    raise KeyError(f"of {len(numbers)}")


class Doubler:
    @windlass.method
    def double(self, numbers: list) -> list:
        return [n * 2 for n in numbers]

    def hidden(self, numbers: list) -> list:
        return numbers


class Saver:
    def __init__(self, path: str) -> None:
        self.path = path

    @windlass.method
    def wait(self) -> int:
        self.note("waits")
        time.sleep(600)
        return 1

    @windlass.method
    def pid(self) -> int:
        return os.getpid()

    @windlass.preempt
    def save(self) -> None:
        self.note("saves")

    @windlass.exit
    def leave(self) -> None:
        self.note("leaves")

    def note(self, text: str) -> None:
        with open(self.path, "a") as file:
            file.write(text + "\n")
