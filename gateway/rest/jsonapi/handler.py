"""What a path is to its endpoint and to the description of all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from gateway.rest.jsonapi.call import Call


@dataclass(frozen=True)
class Handler:
    """One method of a path.

    ``cost`` is charged before, for each record that is listed or changed. ``signed_in`` refuses the
    anonymous before anything is looked up.
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
    #: Statuses of refusals of its own, beside those of all.
    refusals: tuple[int, ...] = ()


@dataclass(frozen=True)
class Resource:
    """One path and its methods; ``record`` is the plural name of what is answered."""

    path: str
    record: str
    handlers: Mapping[str, Handler]
    filters: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    is_list: bool = False
