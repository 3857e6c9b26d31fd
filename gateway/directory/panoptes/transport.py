"""HTTP transport to a Panoptes: one host, bounded answers, no redirects, no compression."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import NamedTuple

import httpx

from gateway.errors import SettingsError, Unavailable
from gateway.events.quoted import quoted
from gateway.reasons import reason_of

#: Without it Panoptes answers 404 to everything.
ACCEPT = "application/vnd.api+json; version=1"
#: A page of a hundred records with long texts has less than one.
MOST_BYTES = 8_388_608
#: A whole answer may take this many times as long as each wait within it.
_WAITS = 5
#: What fails before anything of a request has left this machine.
_BEFORE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class PanoptesAway(Unavailable):
    """Panoptes did not answer, or said that it is too busy; the same request may work later.

    ``retry_after`` is how many seconds it asked to wait, if it did. ``was_sent`` is whether it may
    have had the request nevertheless.
    """

    def __init__(
        self, message: str, retry_after: float | None = None, *, was_sent: bool = True
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.was_sent = was_sent


class PanoptesRefused(SettingsError):
    """Panoptes does not take our credentials, or there is no Panoptes at this URL."""


class Answer(NamedTuple):
    """An answer that was read to its end; redirects are answers too, and are not followed."""

    status: int
    body: bytes
    headers: httpx.Headers


class Transport:
    """Requests to the host of ``url``, such as ``https://www.zooniverse.org``, and no other.

    ``timeout_seconds`` bounds each wait of a request, and ``connections`` how many are under way
    at once. PanoptesRefused for a URL that is none.
    """

    def __init__(self, url: str, *, timeout_seconds: float, connections: int = 8) -> None:
        try:
            self._http = httpx.AsyncClient(
                base_url=url.rstrip("/"),
                timeout=timeout_seconds,
                limits=httpx.Limits(max_connections=connections),
                # Not compressed: a few bytes could become very many.
                headers={"User-Agent": "stats-gateway", "Accept-Encoding": "identity"},
                trust_env=False,
                follow_redirects=False,
                # One person's session must not go along with another's request.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            )
        except (httpx.InvalidURL, ValueError):
            raise PanoptesRefused("The URL of Panoptes is not valid.") from None
        if self._http.base_url.scheme not in {"http", "https"} or not self._http.base_url.host:
            raise PanoptesRefused("The URL of Panoptes must have the form https://host.")
        self._longest_seconds = timeout_seconds * _WAITS
        self._free = asyncio.Semaphore(connections)

    async def send(
        self,
        method: str,
        path: httpx.URL | str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to a request, whatever its status.

        PanoptesAway if there is none, PanoptesRefused for one that is not to be read.
        """
        request = self._http.build_request(
            method, path, headers=headers, content=content, data=form
        )
        try:
            async with self._free, asyncio.timeout(self._longest_seconds):
                answer = await self._http.send(request, stream=True)
                try:
                    body = await _body_of(answer)
                finally:
                    await answer.aclose()
        except (httpx.TimeoutException, TimeoutError) as error:
            message, was_sent = "Panoptes did not answer in time.", not isinstance(error, _BEFORE)
            raise PanoptesAway(message, was_sent=was_sent) from None
        except httpx.TransportError as error:
            why, was_sent = reason_of(error), not isinstance(error, _BEFORE)
            raise PanoptesAway(f"Panoptes cannot be reached: {why}.", was_sent=was_sent) from None
        return Answer(answer.status_code, body, answer.headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()


async def _body_of(answer: httpx.Response) -> bytes:
    """The body; PanoptesRefused if it is compressed or too large."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"", "identity"}:
        raise PanoptesRefused(
            f"Panoptes answered with the content encoding {quoted(coding)},"
            " which was not requested."
        )
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise PanoptesRefused(f"Panoptes answered with more than {MOST_BYTES:,} bytes.")
    return bytes(body)
