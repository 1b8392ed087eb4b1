"""Containers that die between two steps of their program, each step a request to AWS."""
import asyncio
import contextlib
import time

from docker.errors import APIError
from ministack import app
from ministack.core.responses import get_request_client_ip
from ministack.services import ecs

import control

NEVER_READ = 503, {}, b""
# Docker lists a container only a moment after its program has begun.
LISTED_WITHIN_SECONDS = 0.5


def container_at(address):
    """The running container of a task whose address this is; None for anyone else's."""
    deadline = time.monotonic() + LISTED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        for container in ecs._get_docker().containers.list(filters={"label": "ministack=ecs"}, sparse=True):
            networks = container.attrs["NetworkSettings"]["Networks"]
            if any(network["IPAddress"] == address for network in networks.values()):
                return container
        time.sleep(0.02)
    return None


async def sentenced(operation, text):
    """(fault, container) when the caller is to die at this request, or (None, None)."""
    facts = {"operation": operation.removesuffix("Batch"), "match": text}
    if not control.in_force("kill-caller", **facts):
        return None, None
    container = await asyncio.to_thread(container_at, get_request_client_ip())
    fault = container and control.struck("kill-caller", **facts)
    return (fault, container) if fault else (None, None)


def kill(fault, container):
    """SIGKILL, for all processes of the container; the fault tells of it once none of them runs."""
    try:
        container.kill()
    except APIError:  # it had ended by itself
        return
    with contextlib.suppress(APIError):  # it was removed
        container.wait(timeout=10)
    control.report(fault, killed=container.id[:12])


def callers_die():
    """A host may end at any moment. Under a `kill-caller` fault the container that makes the request is killed: with
    the moment `before` ahead of the request, which is then not carried out, with `after` ahead of its answer."""
    plain = app._dispatch_service_request

    async def dispatch(method, path, headers, body, *rest):
        fault = None
        if control.in_force("kill-caller"):
            _, operation = control.operation_of(method, path, headers, body)
            fault, container = await sentenced(operation, path + body.decode("utf-8", "replace"))
        if fault is None:
            return await plain(method, path, headers, body, *rest)
        if fault["moment"] == "after":
            await plain(method, path, headers, body, *rest)
        await asyncio.to_thread(kill, fault, container)
        return NEVER_READ

    app._dispatch_service_request = dispatch
