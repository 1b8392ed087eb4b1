"""A request as apps that speak WSGI are given it."""

import sys
from typing import Any, Dict
from urllib.parse import unquote_to_bytes

from .web_frames import RequestFields, pairs


def environ_of(fields: RequestFields, body: Any, is_multithreaded: bool) -> Dict[str, Any]:
    path, _, query = fields.target.partition("?")
    environ = {
        "REQUEST_METHOD": fields.method,
        "SCRIPT_NAME": "",
        # Bytes, as text of which each character is one.
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": fields.target,
        "RAW_URI": fields.target,
        "SERVER_NAME": str(fields.server[0]),
        "SERVER_PORT": str(fields.server[1]),
        "SERVER_PROTOCOL": f"HTTP/{fields.http_version}",
        "REMOTE_ADDR": str(fields.client[0]),
        "REMOTE_PORT": str(fields.client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        # The body ends by itself, whatever its length: it may come in chunks.
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": is_multithreaded,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in pairs(fields.headers):
        # Two names that differ in this alone would be one: proxies drop those with underscores, too.
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value
    return environ
