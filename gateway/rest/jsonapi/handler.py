"""Handlers and resources: for the endpoints, and for the OpenAPI description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from gateway.rest.jsonapi.call import Call


@dataclass(frozen=True)
class Handler:
    """Handler of one method of a path.

    ``cost`` is charged first, for each listed or changed record. ``signed_in`` refuses anonymous
    viewers before any look-up.
    """

    answer: Callable[[Call], Awaitable[Response]]
    summary: str
    cost: int = 1
    signed_in: bool = False
    #: The status of success.
    success: int = 200
    #: The JSON schema of the body.
    body: Mapping[str, Any] | None = None
    if_match: bool = False
    #: Its own statuses of refusals, beside those of all handlers.
    refusals: tuple[int, ...] = ()


@dataclass(frozen=True)
class Resource:
    """Resource at one path with its methods; ``record`` is the plural name of its records."""

    path: str
    record: str
    handlers: Mapping[str, Handler]
    filters: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    is_list: bool = False
