def make():
    async def app(scope, receive, send):
        raise ValueError("in Python")

    return app
