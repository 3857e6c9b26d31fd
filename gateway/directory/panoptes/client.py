"""Requests to a Panoptes API: headers, tokens, and what its answers mean.

One call is one try; whoever has time wraps it in ``gateway.directory.panoptes.retrying``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx
import orjson
from pydantic import SecretStr

from gateway.errors import SettingsError, Unavailable
from gateway.events.quoted import quoted
from gateway.reasons import reason_of

#: Without it Panoptes answers 404 to everything.
_ACCEPT = "application/vnd.api+json; version=1"
#: A token is renewed this long before it expires, as Panoptes' own client does: a request must
#: not outlive its token on the way.
_MARGIN_SECONDS = 120.0
#: A page of a hundred records with long texts has less than one.
MOST_BYTES = 8_388_608
#: A whole answer may take this many times as long as each wait within it.
_WAITS = 5

Parameters = Mapping[str, str | int]


class PanoptesAway(Unavailable):
    """Panoptes did not answer, or said that it is too busy; the same request may work later.

    ``retry_after`` is how many seconds it asked to wait, if it did.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PanoptesRefused(SettingsError):
    """Panoptes does not take our credentials, or there is no Panoptes at this URL."""


class Credentials(NamedTuple):
    """An OAuth application of the Panoptes; its owner has to be an admin to see all groups."""

    client_id: str
    client_secret: str

    @classmethod
    def of(cls, client_id: str | None, client_secret: SecretStr | None) -> Self | None:
        """The credentials, None if neither half is given; PanoptesRefused for one half alone."""
        if client_id is None and client_secret is None:
            return None
        if client_id is None or client_secret is None:
            raise PanoptesRefused("Panoptes needs both a client id and its secret, or neither.")
        return cls(client_id, client_secret.get_secret_value())

    def __repr__(self) -> str:
        return f"Credentials(client_id={self.client_id!r}, client_secret=…)"


class _Answer(NamedTuple):
    """An answer that was read to its end."""

    status: int
    body: bytes


class Panoptes:
    """A Panoptes API at ``url``, such as ``https://www.zooniverse.org``.

    ``clock`` tells the current instant, with a time zone; ``timeout_seconds`` bounds each wait of
    a request, and ``connections`` how many are under way at once. Without credentials only what
    is public can be read.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        clock: Callable[[], datetime],
        *,
        timeout_seconds: float,
        connections: int = 8,
    ) -> None:
        try:
            self._http = httpx.AsyncClient(
                base_url=url.rstrip("/"),
                timeout=timeout_seconds,
                limits=httpx.Limits(max_connections=connections),
                # Not compressed: a few bytes could become very many.
                headers={"User-Agent": "stats-gateway", "Accept-Encoding": "identity"},
                trust_env=False,
            )
        except (httpx.InvalidURL, ValueError):
            raise PanoptesRefused("The URL of Panoptes is not valid.") from None
        if self._http.base_url.scheme not in {"http", "https"} or not self._http.base_url.host:
            raise PanoptesRefused("The URL of Panoptes must have the form https://host.")
        self._longest_seconds = timeout_seconds * _WAITS
        self._free = asyncio.Semaphore(connections)
        self._credentials = credentials
        self._clock = clock
        self._token: str | None = None
        self._token_until = 0.0
        self._token_turn = asyncio.Lock()

    async def get(self, path: str, parameters: Parameters | None = None) -> dict[str, Any]:
        """The JSON object at ``path`` below ``/api``, which may have a query of its own.

        PanoptesAway if there is no answer for now, PanoptesRefused if there will be none.
        """
        answer = await self._get(path, parameters)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._credentials:
            # A token can be revoked before it expires.
            self._token = None
            answer = await self._get(path, parameters)
        return _read(answer, f"{path.split('?')[0]} of Panoptes")

    async def _get(self, path: str, parameters: Parameters | None) -> _Answer:
        headers = {"Accept": _ACCEPT, "Content-Type": "application/json"}
        url = httpx.URL(f"/api{path}").copy_merge_params(parameters or {})
        if self._credentials:
            headers["Authorization"] = f"Bearer {await self._bearer_token(self._credentials)}"
            # Any value turns the admin's view on; hrefs of further pages do not carry it.
            url = url.copy_merge_params({"admin": "true"})
        return await self._send(self._http.build_request("GET", url, headers=headers))

    async def _bearer_token(self, credentials: Credentials) -> str:
        async with self._token_turn:
            now = self._clock().timestamp()
            if self._token is None or now >= self._token_until:
                form = {"grant_type": "client_credentials", **credentials._asdict()}
                request = self._http.build_request("POST", "/oauth/token", data=form)
                answer = _read(await self._send(request), "/oauth/token of Panoptes")
                token, lasts = answer.get("access_token"), answer.get("expires_in")
                if not isinstance(token, str) or not isinstance(lasts, int | float):
                    raise PanoptesRefused("/oauth/token of Panoptes returned no token.")
                self._token = token
                self._token_until = now + max(lasts - _MARGIN_SECONDS, lasts / 2)
            return self._token

    async def _send(self, request: httpx.Request) -> _Answer:
        try:
            async with self._free, asyncio.timeout(self._longest_seconds):
                answer = await self._http.send(request, stream=True)
                try:
                    body = await _body_of(answer)
                finally:
                    await answer.aclose()
        except (httpx.TimeoutException, TimeoutError):
            raise PanoptesAway("Panoptes did not answer in time.") from None
        except httpx.TransportError as error:
            raise PanoptesAway(f"Panoptes cannot be reached: {reason_of(error)}.") from None
        status = answer.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise PanoptesAway(
                f"Panoptes answered with status {status}.",
                _seconds_of(answer.headers.get("retry-after"), self._clock()),
            )
        return _Answer(status, body)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


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


def _read(answer: _Answer, what: str) -> dict[str, Any]:
    status = answer.status
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise PanoptesRefused(f"{what} refused the request: check the client id and secret.")
    if status != HTTPStatus.OK:
        raise PanoptesRefused(f"{what} answered with status {status}: check the URL.")
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise PanoptesRefused(f"{what} did not answer with a JSON object: check the URL.")
    return document


def _seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """What a Retry-After header asks for: seconds, or an instant."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        instant = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max((instant.replace(tzinfo=instant.tzinfo or UTC) - now).total_seconds(), 0.0)
