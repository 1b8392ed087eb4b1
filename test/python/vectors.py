"""Runs the wire vectors; prints a JSON array of what is wrong."""

import base64
import json
import sys

sys.path.insert(0, sys.argv[2])

from windlass.errors import WindlassError  # noqa: E402
from windlass_runner.decode import decode_page  # noqa: E402
from windlass_runner.encode import encode_page, to_utf8  # noqa: E402
from windlass_runner.frames import FrameReader, encode_frame  # noqa: E402
from windlass_runner.messages import parse_message  # noqa: E402
from windlass_runner.packed import pack_value, unpack_value  # noqa: E402
from windlass_runner.page import Page  # noqa: E402

try:
    import numpy
except ImportError:
    numpy = None

with open(sys.argv[1], encoding="utf-8") as file:
    vectors = json.load(file)
wrong = []


def check(name, actual, expected):
    if actual != expected:
        wrong.append(f"{name}: got {actual!r}, expected {expected!r}")


def code_of(action):
    try:
        action()
    except WindlassError as error:
        return error.code
    return None


def attachments_of(vector):
    return [bytearray(base64.b64decode(part)) for part in vector["attachmentsBase64"]]


def sorted_sets(value):
    if isinstance(value, list):
        return [sorted_sets(item) for item in value]
    if not isinstance(value, dict):
        return value
    fields = {key: sorted_sets(item) for key, item in value.items()}
    return {**fields, "v": sorted(fields["v"], key=json.dumps)} if fields.get("$w") == "Set" else fields


for vector in vectors["pages"]:
    attachments = attachments_of(vector)
    values = decode_page(Page(vector["text"], vector["tagged"], attachments))
    again = encode_page(values, lambda index: f"values[{index}]")
    expected = vector.get("python") or (None if numpy else vector.get("flat")) or vector
    text = to_utf8(again.text).decode()
    check(vector["name"], sorted_sets(json.loads(text)), sorted_sets(json.loads(expected["text"])))
    check(vector["name"], again.tagged, expected["tagged"])
    check(vector["name"], [bytes(part) for part in again.attachments], attachments)

for vector in vectors["hostilePages"]:
    parts = vector.get("textParts", [[vector.get("text", ""), 1]])
    page = Page("".join(piece * times for piece, times in parts), vector["tagged"], attachments_of(vector))
    check(vector["name"], code_of(lambda: decode_page(page)), vector["code"])

for vector in vectors["frames"]:
    data = bytes.fromhex(vector["hex"])
    frames = []
    reader = FrameReader(lambda header, parts: frames.append([header, [bytes(each) for each in parts]]))
    reader.push(data)
    for byte in data:
        reader.push(bytes([byte]))
    reader.end()
    attachments = [bytes(part) for part in attachments_of(vector)]
    check(vector["name"], frames, [[vector["header"], attachments]] * 2)
    check(vector["name"], b"".join(encode_frame(vector["header"].encode(), attachments)), data)

for vector in vectors["hostileFrames"]:
    data = bytes.fromhex(vector["hex"])

    def read(chunks):
        reader = FrameReader(lambda *_: None)
        for chunk in chunks:
            reader.push(chunk)
        reader.end()

    check(vector["name"], code_of(lambda: read([data])), vector["code"])
    check(vector["name"], code_of(lambda: read([bytes([byte]) for byte in data])), vector["code"])

for vector in vectors["stored"]:
    data = bytes.fromhex(vector["hex"])
    page = Page(vector["text"], vector["tagged"], attachments_of(vector))
    check(vector["name"], unpack_value(data), decode_page(page)[0])
    check(vector["name"], pack_value(unpack_value(data), "value"), data)

for vector in vectors["hostileStored"]:
    check(vector["name"], code_of(lambda: unpack_value(bytes.fromhex(vector["hex"]))), vector["code"])

check("control line", code_of(lambda: parse_message("{}\n", [])), "WINDLASS_MESSAGE_MALFORMED")
check("control line", code_of(lambda: parse_message("[" * 100_000, [])), "WINDLASS_MESSAGE_MALFORMED")

count = sum(len(each) for key, each in vectors.items() if key != "about")
print(json.dumps({"count": count, "wrong": wrong}))
