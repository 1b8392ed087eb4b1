def make_fastapi():
    import asyncio
    from contextlib import asynccontextmanager

    from fastapi import BackgroundTasks, FastAPI, Request, UploadFile, WebSocket
    from fastapi.responses import StreamingResponse
    from pydantic import BaseModel

    known = {"done": None, "left": False}

    @asynccontextmanager
    async def lifespan(app):
        yield {"started": True}

    app = FastAPI(lifespan=lifespan)

    class Item(BaseModel):
        name: str
        price: float

    @app.post("/items/{id}")
    def item(id: int, item: Item, request: Request, q: str = ""):
        started = request.state.started
        return {"id": id, "q": q, **item.model_dump(), "host": request.client.host, "started": started}

    @app.get("/stream")
    def stream():
        return StreamingResponse(f"{n} " for n in range(3))

    @app.post("/upload")
    async def upload(file: UploadFile, tasks: BackgroundTasks):
        tasks.add_task(lambda: known.update(done=file.filename))
        return {"name": file.filename, "size": len(await file.read())}

    @app.get("/done")
    def done():
        return known["done"]

    @app.get("/endless")
    async def endless():
        async def items():
            try:
                while True:
                    yield "x"
                    await asyncio.sleep(0.001)
            finally:
                known["left"] = True

        return StreamingResponse(items())

    @app.get("/left")
    def left():
        return known["left"]

    @app.websocket("/ws/{room}")
    async def ws(socket: WebSocket, room: int):
        await socket.accept()
        async for got in socket.iter_json():
            await socket.send_json({"room": room, "got": got})

    return app


def make_flask():
    from flask import Flask, jsonify, request, session

    app = Flask(__name__)
    app.secret_key = "of a test"

    @app.post("/json/<name>")
    def answer(name):
        session["name"] = name
        return {"name": name, "got": request.get_json(), "host": request.remote_addr}

    @app.get("/session")
    def known():
        return jsonify(session["name"])

    @app.get("/stream")
    def stream():
        return app.response_class(f"{n} " for n in range(3))

    @app.get("/fails")
    def fails():
        raise ValueError("a secret reason")

    @app.post("/upload")
    def upload():
        file = request.files["file"]
        return {"name": file.filename, "size": len(file.read())}

    @app.post("/size")
    def size():
        return jsonify(len(request.get_data()))

    return app
