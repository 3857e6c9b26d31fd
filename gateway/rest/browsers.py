"""Letting pages of other sites read what is served here, as ERAS does (CORS)."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp


def readable_by_pages(app: ASGIApp) -> ASGIApp:
    """The application for pages of any origin, with any header: Authorization above all.

    Cookies are neither read nor allowed, so that a page sees no more than its own token shows.
    """
    return CORSMiddleware(
        app,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD"],
        allow_headers=["*"],
        expose_headers=["Retry-After"],
        max_age=7200,
    )
