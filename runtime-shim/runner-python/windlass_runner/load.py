"""Imports the user's module, finds the function or class, and enters it."""

import os
import sys
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from windlass._hooks import hooks_of, marked_as, methods_of
from windlass.errors import ContainerStartupError, ExecutionError

from .decode import decode_page
from .handler import Handler
from .loop import EventLoop
from .messages import unpack_page
from .modules import import_file, relative
from .records import converting


class LoadRequest(NamedTuple):
    """What the agent asks a fresh runner to become."""

    app: str
    # The folder that the file of the handler is in, or in a folder of.
    bundle: str
    name: str
    env: Dict[str, str]
    container_id: str
    max_inputs: int
    # The agent gathers inputs into batches.
    is_batched: bool
    # Parameters of a class, packed; 0 if there are none.
    params: Any
    # The file, relative to the folder, and the function or class in it.
    file: str
    symbol: str
    is_class: bool
    # "asgi" or "wsgi" where it answers requests; the method of a class that makes the app.
    web_kind: Optional[str]
    web_target: Optional[str]


def parse_request(fields: Dict[str, Any]) -> LoadRequest:
    python, web = fields["python"], fields.get("web") or {}
    return LoadRequest(
        app=fields["app"],
        bundle=fields["bundle"],
        name=fields["name"],
        env=fields["env"],
        container_id=fields["containerId"],
        max_inputs=fields["maxInputs"],
        is_batched=fields["isBatched"],
        params=fields["params"],
        file=python["file"],
        symbol=python["symbol"],
        is_class=fields["kind"] == "cls",
        web_kind=web.get("kind"),
        web_target=web.get("target"),
    )


class Loaded(NamedTuple):
    """A function or an entered object, ready to run inputs."""

    handler: Callable[[Optional[str]], Handler]
    preempt: Callable[[], None]
    exit: Callable[[], None]
    # Makes the app that answers requests.
    make_app: Optional[Callable[[], Any]] = None


def load(request: LoadRequest, loop: EventLoop) -> Loaded:
    """Raises ContainerStartupError, and whatever the module and hooks of the class raise."""
    module = import_file(os.path.join(request.bundle, request.file))
    found = _find(module, request)
    if request.is_class:
        return _create_object(found, request, loop)
    if request.web_kind is not None:
        return Loaded(lambda _: _not_called(request), lambda: None, lambda: None, found)
    handler = Handler(found)
    return Loaded(lambda _: handler, lambda: None, lambda: None)


def _not_called(request: LoadRequest) -> Handler:
    raise ExecutionError(
        "WINDLASS_NOT_CALLABLE",
        f'"{request.name}" makes a web app, which answers requests and no calls',
        "send it a request",
    )


def _find(module: Any, request: LoadRequest) -> Any:
    symbol, file = request.symbol, relative(module.__file__)
    missing = object()
    found: Any = module
    for part in symbol.split("."):
        found = getattr(found, part, missing)
        if found is missing:
            raise _missing(module, request)
    if isinstance(found, type) != request.is_class:
        raise _wrong_kind(found, request)
    if not callable(found):
        raise ContainerStartupError(
            "WINDLASS_PYTHON_NOT_CALLABLE",
            f'"{symbol}" of "{file}" must be a function, got a value of type {type(found).__name__}',
            "name a function of the file after the colon of `handler`",
        )
    return found


def _missing(module: Any, request: LoadRequest) -> ContainerStartupError:
    import difflib

    names = [name for name, value in vars(module).items() if callable(value)]
    near = difflib.get_close_matches(request.symbol, names, 1)
    known = [name for name in names if getattr(vars(module)[name], "__module__", "") == module.__name__]
    hint = f'did you mean "{near[0]}"?' if near else f"it has: {', '.join(sorted(known)) or 'none'}"
    what = "class" if request.is_class else "function"
    return ContainerStartupError(
        "WINDLASS_PYTHON_FUNCTION_MISSING",
        f'"{relative(module.__file__)}" has no {what} "{request.symbol}", '
        f'which "{request.name}" names as its handler',
        hint,
    )


def _wrong_kind(found: Any, request: LoadRequest) -> ContainerStartupError:
    if isinstance(found, type):
        what, hint = "a class", "define it with `app.pythonCls`"
    else:
        what, hint = "no class", "define it with `app.python`, or name a class"
    return ContainerStartupError(
        "WINDLASS_PYTHON_NOT_CALLABLE",
        f'the handler of "{request.name}", "{request.symbol}" of "{request.file}", is {what}',
        hint,
    )


def _create_object(cls: type, request: LoadRequest, loop: EventLoop) -> Loaded:
    names = methods_of(cls)
    if not names and request.web_kind is None:
        raise ContainerStartupError(
            "WINDLASS_CLASS_WITHOUT_METHODS",
            f'class "{request.symbol}" of "{request.file}" has no method that could be called',
            "decorate methods with `@windlass.method`",
        )
    if request.is_batched and len(names) > 1:
        raise ContainerStartupError(
            "WINDLASS_BATCH_METHODS",
            f'class "{request.symbol}" of "{request.file}" has `batch`, so it must have one remote method; '
            f"it has: {', '.join(names)}",
            "move the others to functions or to a class of their own",
        )
    params = {} if request.params == 0 else decode_page(unpack_page(request.params))[0]
    instance = converting(cls)(**params)
    _run_hooks(hooks_of(cls, "enter"), instance, loop)
    handlers = {name: Handler(getattr(instance, name)) for name in names}

    def handler(method: Optional[str]) -> Handler:
        found = handlers.get(method or "")
        if found is None:
            raise _no_method(cls, request, method)
        return found

    def run(role: str) -> Callable[[], None]:
        return lambda: _run_hooks(hooks_of(cls, role), instance, loop)

    make_app = None if request.web_kind is None else _app_method(instance, request)
    return Loaded(handler, run("preempt"), run("exit"), make_app)


def _app_method(instance: Any, request: LoadRequest) -> Callable[[], Any]:
    role, target = request.web_kind or "", request.web_target or ""
    names = marked_as(type(instance), role)
    if target not in names:
        is_there = callable(getattr(instance, target, None))
        raise ContainerStartupError(
            "WINDLASS_NO_SUCH_WEB_APP",
            f'class "{request.symbol}" of "{request.file}" has no method "{target}" that makes an app of {role.upper()}',
            f"decorate it with `@windlass.{role}`" if is_there else f"it has: {', '.join(names) or 'none'}",
        )
    method: Callable[[], Any] = getattr(instance, target)
    return method


def _run_hooks(hooks: List[Callable[..., Any]], instance: Any, loop: EventLoop) -> None:
    for hook in hooks:
        value = hook(instance)
        if hasattr(value, "__await__"):
            loop.settle(value)


def _no_method(cls: type, request: LoadRequest, method: Optional[str]) -> ExecutionError:
    is_there = callable(getattr(cls, method or "", None))
    return ExecutionError(
        "WINDLASS_NO_SUCH_METHOD",
        f'class "{request.name}" has no remote method "{method}"',
        "decorate it with `@windlass.method`" if is_there else f"it has: {', '.join(methods_of(cls))}",
    )


def prepare_environment(request: LoadRequest) -> None:
    os.environ.update(request.env)
    os.environ["WINDLASS_CONTAINER_ID"] = request.container_id
    os.environ["WINDLASS_APP"] = request.app
    os.environ["WINDLASS_FUNCTION"] = request.name
    # Programs that packages of a virtual environment installed are found, as in an image.
    if sys.prefix != sys.base_prefix:
        programs = os.path.join(sys.prefix, "bin")
        os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    # Lines of output leave as they are written.
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(line_buffering=True)
