"""``/livez`` and ``/readyz``: whether the process lives, and whether to send it requests.

``/readyz`` is about reading. ``/readyz?for=writes`` also asks whether events can be stored: it is
the check for whoever balances the event stream and mutations. Both say which role has what is
read from, or written to, and how many seconds that lags behind the primary.
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

#: Returns if a part of the service can answer; Unavailable, saying why, if it cannot.
Check = Callable[[], Awaitable[None]]

PROBE_PATHS = frozenset({b"/livez", b"/readyz"})

#: Whoever asks whether we are ready asks again soon, and must not pile up.
_WITHIN_SECONDS = 5
_PURPOSES = ("reads", "writes")
#: What is written to, once it was checked that it can be.
_PRIMARY = ReadingFrom("primary", 0.0)


def probe_routes(
    checks: Sequence[Check],
    write_checks: Sequence[Check],
    draining: Draining,
    reading_from: Callable[[], Awaitable[ReadingFrom]],
) -> list[Route]:
    """Both routes; ready is who passes all checks and is not told to stop.

    ``write_checks`` are made as well where readiness for writes is asked for.
    """

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(request: Request) -> Response:
        purpose = request.query_params.get("for", "reads")
        if purpose not in _PURPOSES:
            return JSONResponse(
                {"status": "unknown", "reason": "The parameter for must be reads or writes."}, 400
            )
        asked = [*checks, *write_checks] if purpose == "writes" else checks
        try:
            if draining.under_way:
                raise Unavailable("The server is shutting down.")
            async with asyncio.timeout(_WITHIN_SECONDS):
                for check in asked:
                    await check()
                told = _PRIMARY if purpose == "writes" else await reading_from()
        except (Unavailable, TimeoutError) as error:
            reason = str(error) or f"The check took longer than {_WITHIN_SECONDS} seconds."
            return JSONResponse({"status": "unavailable", "reason": reason}, 503)
        lag = round(told.lag_seconds, 3)
        return JSONResponse({"status": "ready", "role": told.role, "lag_seconds": lag})

    return [Route("/livez", alive), Route("/readyz", ready)]
