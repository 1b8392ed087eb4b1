import { App } from "windlass";

export const app = new App("python-web");

// One container, so that it knows all that happened.
const many = { concurrency: { maxInputs: 200 }, maxContainers: 1 };
const hasty = { timeoutSeconds: 1, startupTimeoutSeconds: 60, ...many };

app.pythonAsgi("asgi", { handler: "asgi.py:make_app", ...many });
app.pythonWsgi("wsgi", { handler: "wsgi.py:make_app", ...many });
app.pythonAsgi("hasty", { handler: "asgi.py:make_app", ...hasty });
app.pythonWsgi("hastyWsgi", { handler: "wsgi.py:make_app", ...hasty });
app.pythonAsgi("guarded", { handler: "asgi.py:make_app", auth: "bearer", cors: true });
app.pythonAsgi("unstarted", { handler: "asgi.py:fails_to_start" });
app.pythonAsgi("nothing", { handler: "asgi.py:gives_nothing" });
app.pythonAsgi("itself", { handler: "asgi.py:app" });
app.pythonCls("Site", { handler: "asgi.py:Site", pythonAsgi: "web", maxContainers: 1 });
app.pythonCls("Wsgi", { handler: "wsgi.py:Site", pythonWsgi: "web" });
app.pythonCls("Unmarked", { handler: "asgi.py:Unmarked", pythonAsgi: "web" });
app.python("double", { handler: "asgi.py:double" });
