"""Identified viewer: verifies the credentials of a request once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.types import Scope

from gateway.auth.credentials import CREDENTIAL_HEADERS
from gateway.auth.viewer import Viewer

#: The viewer that a request's header lines (names in lower case) stand for, or Unauthenticated.
IdentifyViewer = Callable[[Sequence[tuple[str, str]]], Awaitable[Viewer]]

_IDENTIFIED = "stats_gateway.viewer"
_NAMES = {name.encode(): name for name in CREDENTIAL_HEADERS}


async def identified_viewer(scope: Scope, identify: IdentifyViewer) -> Viewer:
    """The viewer of the request, cached; an error of ``identify`` is raised at each call."""
    known: Viewer | Exception | None = scope.get(_IDENTIFIED)
    if known is None:
        try:
            known = await identify(credentials_of(scope))
        except Exception as error:
            known = error
        scope[_IDENTIFIED] = known
    if isinstance(known, Exception):
        raise known
    return known


def credentials_of(scope: Scope) -> list[tuple[str, str]]:
    """The header lines of a request that carry a credential."""
    sent = []
    for name, value in scope["headers"]:
        if name in _NAMES:
            sent.append((_NAMES[name], value.decode("latin-1")))
    return sent
