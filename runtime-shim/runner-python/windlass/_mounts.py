"""Where this container has its volumes and buckets."""

import json
import os
from typing import Any, Dict

from .errors import ExecutionError

# Set by the agent: a JSON object of paths by the names of volumes, and one of buckets by bucket and prefix.
_VOLUMES = "WINDLASS_VOLUME_PATHS"
_BUCKETS = "WINDLASS_BUCKET_PATHS"


def volume_path(name: str) -> str:
    """
    Where the volume of this name is mounted. Changes are committed every few seconds and when the container ends.

    Raises ExecutionError where it is not mounted.
    """
    path = _read(_VOLUMES).get(name)
    if path is not None:
        return str(path)
    raise ExecutionError(
        "WINDLASS_VOLUME_NOT_MOUNTED",
        f'volume "{name}" is not mounted in this process',
        f'mount it where its function is defined: `volumes: {{ "/data": Volume.fromName("{name}") }}`',
    )


def bucket_path(bucket_name: str, key_prefix: str = "") -> str:
    """
    Where the bucket is mounted, with the prefix that its CloudBucketMount has.

    Raises ExecutionError where it is not, saying why.
    """
    found = _read(_BUCKETS).get(f"{bucket_name}/{key_prefix}", {})
    if "path" in found:
        return str(found["path"])
    why = f": {found['problem']}" if "problem" in found else ""
    raise ExecutionError(
        "WINDLASS_BUCKET_NOT_MOUNTED",
        f'bucket "{bucket_name}" is not mounted in this process{why}',
        "name it in `volumes` of the function, and run it on AWS, or here on Linux as root with /dev/fuse",
    )


def _read(variable: str) -> Dict[str, Any]:
    return json.loads(os.environ.get(variable, "{}"))
