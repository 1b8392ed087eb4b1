import io
import json
import threading
import time

import windlass

events = []


def make_app():
    return app


def app(environ, start_response):
    return ROUTES.get(environ["PATH_INFO"].encode("latin-1").decode(), missing)(environ, start_response)


def answer_json(start_response, value, status="200 OK"):
    start_response(status, [("content-type", "application/json")])
    return [json.dumps(value).encode()]


def missing(environ, start_response):
    return answer_json(start_response, "missing", "404 Not Found")


def show(environ, start_response):
    names = ["REQUEST_METHOD", "QUERY_STRING", "REMOTE_ADDR", "HTTP_X_TWICE", "CONTENT_TYPE", "SERVER_PROTOCOL"]
    shown = {name: environ.get(name) for name in names}
    shown["path"] = environ["PATH_INFO"].encode("latin-1").decode()
    shown["threads"] = environ["wsgi.multithread"]
    shown["call"] = windlass.current_function_call_id()[:3]
    return answer_json(start_response, shown)


def headers(environ, start_response):
    start_response("201 Made", [("set-cookie", "a=1"), ("set-cookie", "b=2")])
    return [b"made"]


def echo(environ, start_response):
    start_response("200 OK", [])
    yield from iter(lambda: environ["wsgi.input"].read(100_000), b"")


def lines(environ, start_response):
    return answer_json(start_response, [line.decode() for line in environ["wsgi.input"]])


def count(environ, start_response):
    size = 0
    for chunk in iter(lambda: environ["wsgi.input"].read(1024 * 1024), b""):
        size += len(chunk)
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
    return answer_json(start_response, {"size": size, "peakMiB": peak})


class Closing:
    """Tells when it is closed."""

    def __init__(self, parts, name):
        self.parts = parts
        self.name = name

    def __iter__(self):
        return iter(self.parts)

    def close(self):
        events.append(f"{self.name} was closed")


def endless(environ, start_response):
    start_response("200 OK", [])
    return Closing(iter(lambda: b"x" * 1000, None), "endless")


def written(environ, start_response):
    write = start_response("200 OK", [])
    write(b"written ")
    return Closing([b"and given"], "written")


def busy(environ, start_response):
    try:
        while True:
            time.sleep(0.01)
    finally:
        events.append("busy was interrupted")


def tell(environ, start_response):
    return answer_json(start_response, events)


def fails(environ, start_response):
    raise ValueError("a secret reason")


def excused(environ, start_response):
    """What fails after start_response and before the body may start another answer."""
    import sys

    start_response("200 OK", [])
    try:
        raise ValueError("noticed")
    except ValueError:
        start_response("503 Busy", [], sys.exc_info())
    return [b"excused"]


barrier = threading.Barrier(2)


def together(environ, start_response):
    """Ends when two requests are here at a time."""
    barrier.wait()
    start_response("200 OK", [])
    return [b"together"]


ROUTES = {
    "/show/ö": show,
    "/headers": headers,
    "/echo": echo,
    "/lines": lines,
    "/count": count,
    "/endless": endless,
    "/written": written,
    "/busy": busy,
    "/tell": tell,
    "/fails": fails,
    "/excused": excused,
    "/together": together,
}


class Site:
    @windlass.enter
    def load(self):
        self.greeting = "hello"

    @windlass.wsgi
    def web(self):
        def site(environ, start_response):
            start_response("200 OK", [])
            return io.BytesIO(self.greeting.encode())

        return site
