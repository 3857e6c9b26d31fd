"""Client disconnects: cancel the work for a client that has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

T = TypeVar("T")

#: The extension of an ASGI scope whose ``drop`` aborts the connection.
DROP = "stats_gateway.drop"
#: Most answers are complete before a watching task is worth its cost.
_LOOK_AFTER_SECONDS = 0.05


async def while_connected(receive: Receive, work: Awaitable[T]) -> T:
    """Await the work; ClientDisconnect, with the work cancelled, once the client has gone.

    The request's body has to be read by then. Work that ends soon costs no task of its own.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in one
    watching: list[asyncio.Task[None]] = []
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        task.cancel()

    loop = asyncio.get_running_loop()
    look = loop.call_later(_LOOK_AFTER_SECONDS, lambda: watching.append(loop.create_task(watch())))
    try:
        return await work
    except asyncio.CancelledError:
        if gone and task.uncancel() == 0:
            raise ClientDisconnect from None
        raise
    finally:
        look.cancel()
        for one in watching:
            one.cancel()


async def send_within(seconds: float, scope: Scope, send: Send, message: Message) -> None:
    """Send a message that the client must take within a time.

    Otherwise ClientDisconnect; the connection is aborted where the server supports it.
    """
    try:
        async with asyncio.timeout(seconds):
            await send(message)
    except TimeoutError:
        extension = scope.get("extensions", {}).get(DROP)
        if extension is not None:
            extension["drop"]()
        raise ClientDisconnect from None
