"""Functions that use dicts and queues."""

import asyncio
import queue
import threading

import windlass

notes = windlass.Dict.from_name("python-notes", create_if_missing=True)
tasks = windlass.Queue.from_name("python-tasks", create_if_missing=True)


def read(key):
    return notes.get(key)


def write(key, value):
    return notes.put(key, value)


def every_operation():
    notes.clear()
    notes["a"] = 1
    found = {
        "first": notes.put("b", 2, skip_if_exists=True),
        "second": notes.put("b", 3, skip_if_exists=True),
        "get": [notes.get("a"), notes["b"], notes.get("none"), notes.get("none", "else")],
        "contains": ["a" in notes, notes.contains("none")],
        "modify": notes.modify("a", lambda value: value + 10),
    }
    notes.update({"c": 4}, d=5)
    notes.update((f"e{n}", n) for n in range(1500))
    found["len"] = notes.len()
    found["keys"] = len(set(notes)) + len(list(notes.keys()))
    found["values"] = sum(notes.values())
    found["items"] = sorted(item for item in notes.items() if not item[0].startswith("e"))
    found["pop"] = [notes.pop("c"), notes.pop("c", "gone")]
    del notes["d"]
    found["missing"] = [_raised(lambda: notes.pop("c")), _raised(lambda: notes["d"])]
    notes.clear()
    found["cleared"] = notes.len()
    return found


async def awaited():
    await notes.clear.aio()
    await asyncio.gather(*(notes.put.aio(f"k{n}", n) for n in range(20)))
    waiting = asyncio.create_task(tasks.get.aio(timeout=10))
    await asyncio.sleep(0)
    await tasks.put.aio("late")
    given_up = asyncio.create_task(tasks.get.aio(partition="empty", timeout=30))
    await asyncio.sleep(0.01)
    given_up.cancel()
    return {
        "keys": sorted([key async for key in notes.keys.aio()])[:2],
        "item": await waiting,
        "cancelled": (await asyncio.gather(given_up, return_exceptions=True))[0].__class__.__name__,
        "after": await notes.get.aio("k3"),
    }


def count(key):
    return notes.modify(key, lambda before: (before or 0) + 1)


def take(timeout):
    return tasks.get(timeout=timeout)


def queue_operations():
    tasks.clear(all=True)
    tasks.put({"first": b"bytes"})
    tasks.put_many(range(250))
    found = {"len": tasks.len(), "iterate": len(list(tasks.iterate()))}
    found["get"] = [tasks.get(), tasks.get_many(3), len(tasks.get_many(1000))]
    found["none"] = [tasks.get(block=False), tasks.get_many(2, timeout=0), tasks.get_many(2, block=False)]
    found["empty"] = _raised(lambda: tasks.get(timeout=0.01), queue.Empty)
    tasks.put_many(range(5000))
    found["full"] = _raised(lambda: tasks.put("one more", block=False), queue.Full)
    found["later"] = _raised(lambda: tasks.put("one more", timeout=0.05))
    threading.Timer(0.3, lambda: tasks.get_many(10)).start()
    tasks.put("has room", timeout=20)
    found["left"] = tasks.len()
    tasks.clear()
    return found


def partitions():
    tasks.clear(all=True)
    tasks.put_many(["a", "b"], partition="letters", partition_ttl=3600)
    tasks.put(1)
    found = [
        [tasks.len(), tasks.len(partition="letters"), tasks.len(total=True)],
        list(tasks.iterate(partition="letters")),
        [tasks.get(partition="letters"), tasks.get(timeout=0)],
    ]
    tasks.clear(all=True)
    return [*found, tasks.len(total=True)]


def mistakes():
    return [
        _raised(lambda: notes.get(3)),
        _raised(lambda: notes.put("x" * 1001, 1)),
        _raised(lambda: notes.put("k", {"a": [print]})),
        _raised(lambda: tasks.put(1, partition="")),
        _raised(lambda: tasks.get_many(0)),
        _raised(lambda: tasks.get(timeout=-1)),
        _raised(lambda: tasks.len(partition="a", total=True)),
        _raised(lambda: tasks.put(b"x" * 2_000_000)),
        _raised(lambda: windlass.Dict.from_name("no name")),
        _raised(lambda: windlass.Queue.from_id("di-1")),
        _raised(windlass.Dict.objects.list),
        _raised(lambda: windlass.Dict.objects.delete("python-notes")),
    ]


def scratch():
    with windlass.Dict.ephemeral() as own:
        own["a"] = 1
        again = windlass.Dict.from_id(own.info().id)
        found = str(again["a"])
    return [found, _raised(lambda: again.get("a")).split(":")[0]]


def reach(object_id):
    return windlass.Dict.from_id(object_id).get("greeting")


def secret():
    return _raised(lambda: windlass.Secret.from_name("python-secret").info())


def stray():
    windlass.Dict.from_name("python-unlisted", create_if_missing=True).put("a", 1)


def _raised(call, kind=Exception):
    """Code of an error of Windlass, and what it says."""
    try:
        call()
    except kind as error:
        return f"{getattr(error, 'code', type(error).__name__)}: {error}"
    return "nothing"
