import asyncio
import threading

HEADERS = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-aborted", "false")]


def make_asgi():
    released = asyncio.Event()

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        if scope["path"] == "/release":
            released.set()
        else:
            await released.wait()
        headers = [(name.encode(), value.encode()) for name, value in HEADERS]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b"an", "more_body": True})
        await send({"type": "http.response.body", "body": b"swer"})

    return app


def make_wsgi():
    released = threading.Event()

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/release":
            released.set()
        else:
            released.wait()
        start_response("201 Created", HEADERS)
        return [b"an", b"swer"]

    return app
