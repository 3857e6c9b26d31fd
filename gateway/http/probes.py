"""Liveness and readiness probes: ``/livez`` and ``/readyz``.

``/readyz`` checks reads. ``/readyz?for=writes`` also checks whether events can be stored: load
balancers of the event stream and of mutations use it. Both report the role of the database server
that is read from, or written to, and its lag behind the primary in seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.db.database import ReadingFrom
from gateway.errors import Unavailable
from gateway.http.draining import Draining

#: Returns if a part of the service is available; else Unavailable with the reason.
Check = Callable[[], Awaitable[None]]

PROBE_PATHS = frozenset({b"/livez", b"/readyz"})

#: Timeout of a readiness probe: probes repeat, and must not pile up.
_WITHIN_SECONDS = 5
_PURPOSES = ("reads", "writes")
#: The server that is written to, once the write checks have passed.
_PRIMARY = ReadingFrom("primary", 0.0)


def probe_routes(
    checks: Sequence[Check],
    write_checks: Sequence[Check],
    draining: Draining,
    reading_from: Callable[[], Awaitable[ReadingFrom]],
) -> list[Route]:
    """Both routes; the server is ready if all checks pass and no shutdown is under way.

    ``write_checks`` are made too for the readiness for writes.
    """

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(request: Request) -> Response:
        purpose = request.query_params.get("for", "reads")
        if purpose not in _PURPOSES:
            return JSONResponse(
                {"status": "unknown", "reason": "The parameter for must be reads or writes."}, 400
            )
        selected = [*checks, *write_checks] if purpose == "writes" else checks
        try:
            if draining.under_way:
                raise Unavailable("The server is shutting down.")
            async with asyncio.timeout(_WITHIN_SECONDS):
                for check in selected:
                    await check()
                source = _PRIMARY if purpose == "writes" else await reading_from()
        except (Unavailable, TimeoutError) as error:
            reason = str(error) or f"The check took longer than {_WITHIN_SECONDS} seconds."
            return JSONResponse({"status": "unavailable", "reason": reason}, 503)
        lag = round(source.lag_seconds, 3)
        return JSONResponse({"status": "ready", "role": source.role, "lag_seconds": lag})

    return [Route("/livez", livez), Route("/readyz", readyz)]
