"""Functions that use dicts, queues and volumes."""

import asyncio
import os
import queue
import threading

import windlass

notes = windlass.Dict.from_name("python-notes", create_if_missing=True)
files = windlass.Volume.from_name("python-files", create_if_missing=True)
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


def file_operations(folder):
    files.write_file("/a/text.txt", "hello")
    files.write_file("a/bytes.bin", bytearray(b"\x00\xff"), mode=0o600)
    files.write_file("a/large.bin", (bytes([n]) * 3_000_000 for n in range(4)))
    with files.batch_upload() as batch:
        batch.put_file(os.path.join(folder, "one.txt"), "up/")
        batch.put_file(os.path.join(folder, "one.txt"), "up/renamed.txt", mode=0o640)
        batch.put_directory(os.path.join(folder, "more"), "/up/more")
    large = list(files.read_file("a/large.bin"))
    files.copy_files(["a/text.txt"], "b/copy.txt")
    files.copy_files(["a"], "c", recursive=True)
    files.remove_file("a", recursive=True)
    return {
        "text": b"".join(files.read_file("b/copy.txt")),
        "large": [len(piece) for piece in large] + [sum(map(sum, large))],
        "listdir": sorted(entry.path for entry in files.listdir()),
        "iterdir": sorted((entry.path, entry.size, entry.mode) for entry in files.iterdir("/up")),
        "entry": [(entry.type, entry.modified_at.tzname()) for entry in files.listdir("c/bytes.bin")],
        "info": files.info().id.startswith("vo-"),
    }


async def files_awaited():
    async with files.batch_upload(force=True) as batch:
        batch.put_file(__file__, "self.py")
    await files.write_file.aio("self.txt", b"self")
    source = b"".join([piece async for piece in files.read_file.aio("self.py")])
    with open(__file__, "rb") as file:
        same = source == file.read()
    return [same, [entry.path async for entry in files.iterdir.aio("self.txt")]]


def mounted(line):
    files.reload()
    before = sorted(os.listdir(files.path))
    with open(os.path.join(files.path, "line.txt"), "w") as file:
        file.write(line)
    files.commit()
    return [before, b"".join(files.read_file("line.txt")).decode()]


def file_mistakes(folder):
    def upload_again():
        with files.batch_upload() as batch:
            batch.put_file(os.path.join(folder, "one.txt"), "taken.txt")

    upload_again()
    return [
        _raised(lambda: list(files.read_file("none.txt"))),
        _raised(lambda: files.write_file("../out", b"")),
        _raised(lambda: files.remove_file("up")),
        _raised(upload_again),
        _raised(lambda: files.path),
        _raised(files.commit),
        _raised(lambda: windlass.Volume.objects.delete("python-files")),
        _raised(lambda: windlass.Volume.from_id("di-1")),
    ]
