import asyncio
import json
import os

import windlass

# What became of requests: a fresh request asks.
events = []


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "websocket":
        await SOCKETS[scope["path"]](scope, receive, send)
    else:
        await ROUTES.get(scope["path"], missing)(scope, receive, send)


def make_app():
    return app


async def lifespan(scope, receive, send):
    await receive()
    scope["state"]["started"] = scope["state"].get("started", 0) + 1
    await send({"type": "lifespan.startup.complete"})
    await receive()
    print("lifespan is over", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def answer(send, body, status=200, headers=()):
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def answer_json(send, value):
    await answer(send, json.dumps(value).encode(), 200, [(b"content-type", b"application/json")])


async def missing(scope, receive, send):
    await answer(send, b"missing", 404)


async def show_scope(scope, receive, send):
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]]
    shown = {key: scope[key] for key in ("method", "path", "http_version", "scheme", "root_path")}
    await answer_json(
        send,
        {
            **shown,
            "query": scope["query_string"].decode(),
            "raw": scope["raw_path"].decode(),
            "client": scope["client"][0],
            "custom": [each for each in headers if each[0].startswith("x-")],
            "started": scope["state"]["started"],
        },
    )


async def headers(scope, receive, send):
    twice = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-latin", "é".encode("latin-1"))]
    await answer(send, b"made", 201, twice)


async def echo(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        event = await receive()
        await send({"type": "http.response.body", "body": event["body"], "more_body": event["more_body"]})
        if not event["more_body"]:
            return


async def count(scope, receive, send):
    size, most = 0, 0
    while True:
        event = await receive()
        size += len(event["body"])
        most = max(most, peak_mib())
        if not event["more_body"]:
            await answer_json(send, {"size": size, "peakMiB": most})
            return


def peak_mib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


async def download(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(100):
        await send({"type": "http.response.body", "body": bytes(1024 * 1024), "more_body": True})
    await send({"type": "http.response.body", "body": str(peak_mib()).encode()})


async def events_stream(scope, receive, send):
    kind = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": kind})
    for n in range(3):
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % n, "more_body": True})
        await turn()
    await send({"type": "http.response.body", "body": b""})




async def turn():
    await asyncio.sleep(0)


async def early(scope, receive, send):
    """Its headers leave before there is a body."""
    await send({"type": "http.response.start", "status": 202, "headers": []})
    while (await receive())["type"] != "http.disconnect":
        pass
    events.append("early was left")


async def endless(scope, receive, send):
    """Never asks whether its client is there."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    try:
        while True:
            await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
    finally:
        events.append("endless was stopped")


async def deaf(scope, receive, send):
    try:
        await asyncio.Event().wait()
    finally:
        events.append("deaf was cancelled")


async def tell(scope, receive, send):
    await answer_json(send, events)


async def fails(scope, receive, send):
    raise ValueError("a secret reason")


async def fails_late(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ValueError("after the start")


async def fails_within(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ValueError("within the body")


async def short(scope, receive, send):
    await answer(send, b"short", 200, [(b"content-length", b"10")])


async def nothing(scope, receive, send):
    pass


async def context(scope, receive, send):
    first = windlass.current_function_call_id()
    same = windlass.current_function_call_id() == first
    await answer_json(send, [first[:3], windlass.current_input_id()[:3], windlass.current_attempt(), same])


async def pid(scope, receive, send):
    await answer(send, str(os.getpid()).encode())


async def call(scope, receive, send):
    await answer_json(send, await windlass.function("double").remote.aio(21))


async def seen(scope, receive, send):
    await answer_json(send, await windlass.cls("Site")().seen.remote.aio())


ROUTES = {
    "/scope/ö": show_scope,
    "/headers": headers,
    "/echo": echo,
    "/count": count,
    "/download": download,
    "/events": events_stream,
    "/early": early,
    "/endless": endless,
    "/deaf": deaf,
    "/tell": tell,
    "/fails": fails,
    "/fails-late": fails_late,
    "/fails-within": fails_within,
    "/short": short,
    "/nothing": nothing,
    "/context": context,
    "/pid": pid,
    "/call": call,
    "/seen": seen,
}


async def echo_socket(scope, receive, send):
    await receive()
    wanted = scope["subprotocols"]
    await send(
        {
            "type": "websocket.accept",
            "subprotocol": wanted[-1] if wanted else None,
            "headers": [(b"x-scheme", scope["scheme"].encode())],
        }
    )
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            events.append(f"socket left with {event['code']} {event['reason']}")
            return
        if event.get("text") == "close":
            await send({"type": "websocket.close", "code": 4001, "reason": "as asked"})
        elif event.get("text") == "fail":
            raise ValueError("a secret reason")
        elif event.get("text") is not None:
            await send({"type": "websocket.send", "text": event["text"]})
        else:
            await send({"type": "websocket.send", "bytes": event["bytes"]})


async def refusing_socket(scope, receive, send):
    await receive()
    await send({"type": "websocket.close"})


async def answering_socket(scope, receive, send):
    await receive()
    kind = [(b"content-type", b"text/plain")]
    await send({"type": "websocket.http.response.start", "status": 418, "headers": kind})
    await send({"type": "websocket.http.response.body", "body": b"no sockets here"})


async def failing_socket(scope, receive, send):
    raise ValueError("a secret reason")


SOCKETS = {
    "/socket": echo_socket,
    "/refuses": refusing_socket,
    "/answers": answering_socket,
    "/fails": failing_socket,
}


class Site:
    def __init__(self, greeting="hello"):
        self.greeting = greeting
        self.requests = 0

    @windlass.enter
    def load(self):
        self.greeting += "!"

    @windlass.asgi
    def web(self):
        async def site(scope, receive, send):
            assert scope["type"] == "http"  # It has no lifespan.
            self.requests += 1
            await answer(send, f"{self.greeting} {self.requests}".encode())

        return site

    @windlass.method
    def seen(self):
        return self.requests

    @windlass.exit
    def leave(self):
        print("the object leaves", flush=True)


class Unmarked:
    @windlass.method
    def web(self):
        return app


def fails_to_start():
    async def failing(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    return failing


def gives_nothing():
    return None


def double(n):
    return 2 * n
