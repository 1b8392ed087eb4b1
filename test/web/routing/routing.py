import os

import windlass


async def answer(send, text):
    headers = [(b"set-cookie", b"own=1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


class Scaled:
    def __init__(self, factor: float = 1):
        self.factor = factor

    @windlass.asgi
    def web(self):
        async def app(scope, receive, send):
            await answer(send, f"{self.factor} {scope['query_string'].decode()}")

        return app


def make():
    async def app(scope, receive, send):
        await answer(send, os.environ["WINDLASS_CONTAINER_ID"])

    return app
