"""Imports a file as the module that it would be for Python itself."""

import importlib
import importlib.util
import os
import sys
from typing import Any, Tuple

from windlass.errors import ContainerStartupError, WindlassError


def import_file(path: str) -> Any:
    """
    Its folder, or the one that its package is in, comes first where modules are looked for. Raises
    ContainerStartupError for a file that is not there or cannot be imported.
    """
    if not os.path.isfile(path):
        raise ContainerStartupError(
            "WINDLASS_PYTHON_FILE_MISSING",
            f'there is no file "{relative(path)}"',
            "correct `handler`: a path relative to the file that defines the function",
        )
    folder, name = locate(path)
    sys.path.insert(0, folder)
    try:
        return _import(name, path)
    except WindlassError:
        raise
    except SyntaxError as cause:
        raise _syntax(cause, path) from cause
    except ImportError as cause:
        raise _unresolved(cause, path) from cause
    except Exception as cause:  # noqa: BLE001 - the top level of user code may raise anything
        message = f'"{relative(path)}" raised an exception while it was imported'
        hint = "correct what its top level does"
        raise ContainerStartupError("WINDLASS_PYTHON_IMPORT", message, hint) from cause


def locate(path: str) -> Tuple[str, str]:
    """The folder to look for modules in, and the name of the module: `sub.tool` in a package."""
    folder, file = os.path.split(os.path.abspath(path))
    stem = os.path.splitext(file)[0]
    parts = [] if stem == "__init__" else [stem]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    return folder, ".".join(parts)


def relative(path: str) -> str:
    """As a user names a file of the project, in which containers run on this machine."""
    shown = os.path.relpath(path)
    return path if shown.startswith("..") else shown


def _import(name: str, path: str) -> Any:
    if "." in name:
        return importlib.import_module(name)
    # By its path: a file may be called as a module of the standard library, or as no module can be.
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    spec.loader.exec_module(module)
    return module


def _syntax(cause: SyntaxError, path: str) -> ContainerStartupError:
    file = relative(cause.filename or path)
    return ContainerStartupError(
        "WINDLASS_PYTHON_SYNTAX",
        f"{file}:{cause.lineno} has a syntax error: {cause.msg}",
        f"correct the line; this is Python {sys.version_info[0]}.{sys.version_info[1]}",
    )


def _unresolved(cause: ImportError, path: str) -> ContainerStartupError:
    top = (cause.name or "").split(".")[0]
    if isinstance(cause, ModuleNotFoundError) and top:
        message = f'"{relative(path)}" imports "{cause.name}", which is not installed'
        hint = f'add it to the image, for instance `.uvPipInstall("{top}")`, or correct the import'
    else:
        message = f'"{relative(path)}" cannot be imported: {cause}'
        hint = "correct the import, or the version of the package in the image"
    return ContainerStartupError("WINDLASS_PYTHON_IMPORT", message, hint)
