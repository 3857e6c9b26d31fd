"""For what happens in the background."""

import asyncio
from collections.abc import Callable

DEADLINE_SECONDS = 120


async def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; TimeoutError if it does not come to that."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)
