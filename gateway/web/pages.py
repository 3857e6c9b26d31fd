"""The pages of one process: built when it starts, or made beside it and noticed once they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.web import WebApplication
from gateway.web.waiting import WaitingPage

logger = logging.getLogger(__name__)

#: Builds the pages; whether there are others than before. Raises PagesNotMade.
MakePages = Callable[[], Awaitable[bool]]
#: What is built, if it fits this gateway.
LoadPages = Callable[[], Awaitable[WebApplication | None]]


class PagesNotMade(Exception):
    """The pages could not be built; its message, for visitors, is a sentence that says why."""


class Pages:
    """Responses at the addresses of pages.

    With ``make``, which runs while this is entered, those that are not built yet say so. Then they
    are what ``load`` finds, or say why there are none. Without, they are ``built``, or nothing.
    """

    def __init__(
        self, built: WebApplication | None, load: LoadPages, make: MakePages | None = None
    ) -> None:
        self._built = built
        self._load = load
        self._make = make
        self._waiting = WaitingPage() if make else None
        self._making: asyncio.Task[None] | None = None
        #: Called with the routes so far, and with those that replace them.
        self.on_change: Callable[[Sequence[Route], Sequence[Route]], None] | None = None
        self._routes = self._page_routes()

    @property
    def home(self) -> Callable[[], Response] | None:
        """What is answered at the root; None where pages neither are nor will be."""
        return self._home if self._built or self._waiting else None

    @property
    def page(self) -> Callable[[Request], Awaitable[Response]] | None:
        """The same for an address below the root that is none of ``routes``."""
        return self._page if self._built or self._waiting else None

    def routes(self) -> list[Route]:
        """All routes at the moment: ``on_change`` tells of others."""
        always = self._waiting.file_routes() if self._waiting else []
        return [*always, *self._routes]

    def _home(self) -> Response:
        if self._built is not None:
            return self._built.home()
        assert self._waiting is not None  # noqa: S101 - there is no home otherwise
        return self._waiting.home()

    async def _page(self, request: Request) -> Response:
        current = self._built or self._waiting
        assert current is not None  # noqa: S101 - there is no page otherwise
        return await current.page(request)

    def _page_routes(self) -> list[Route]:
        if self._built is not None:
            return self._built.routes()
        return self._waiting.routes() if self._waiting else []

    async def _make_and_load(self, make: MakePages, waiting: WaitingPage) -> None:
        try:
            if not await make():
                return
            built = await self._load()
        except PagesNotMade as error:
            waiting.fail(str(error))
            return
        except Exception:  # nobody waits for this task
            logger.exception("The pages could not be built.")
            waiting.fail("They could not be built, as the log says.")
            return
        if built is None:
            waiting.fail("They do not fit this gateway, as its log says.")
            return
        before, self._built = self._routes, built
        self._routes = self._page_routes()
        if self.on_change is not None:
            self.on_change(before, self._routes)

    async def __aenter__(self) -> Self:
        if self._make is not None and self._waiting is not None:
            self._making = asyncio.create_task(self._make_and_load(self._make, self._waiting))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._making is not None:
            self._making.cancel()
            await asyncio.wait([self._making])
