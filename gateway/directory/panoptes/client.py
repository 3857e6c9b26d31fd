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

from gateway.directory.panoptes.transport import (
    ACCEPT,
    MOST_BYTES,
    Answer,
    PanoptesAway,
    PanoptesRefused,
    Transport,
)

__all__ = ["MOST_BYTES", "Credentials", "Panoptes", "PanoptesAway", "PanoptesRefused"]

#: A token is renewed this long before it expires, as Panoptes' own client does: a request must
#: not outlive its token on the way.
_MARGIN_SECONDS = 120.0

Parameters = Mapping[str, str | int]


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
        self._transport = Transport(url, timeout_seconds=timeout_seconds, connections=connections)
        self._credentials = credentials
        self._clock = clock
        self._token: str | None = None
        self._token_until = 0.0
        self._token_lock = asyncio.Lock()

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

    async def _get(self, path: str, parameters: Parameters | None) -> Answer:
        headers = {"Accept": ACCEPT, "Content-Type": "application/json"}
        url = httpx.URL(f"/api{path}").copy_merge_params(parameters or {})
        if self._credentials:
            headers["Authorization"] = f"Bearer {await self._bearer_token(self._credentials)}"
            # Any value turns the admin's view on; hrefs of further pages do not carry it.
            url = url.copy_merge_params({"admin": "true"})
        return await self._send("GET", url, headers=headers)

    async def _bearer_token(self, credentials: Credentials) -> str:
        async with self._token_lock:
            now = self._clock().timestamp()
            if self._token is None or now >= self._token_until:
                form = {"grant_type": "client_credentials", **credentials._asdict()}
                sent = await self._send("POST", "/oauth/token", form=form)
                answer = _read(sent, "/oauth/token of Panoptes")
                token, lasts = answer.get("access_token"), answer.get("expires_in")
                if not isinstance(token, str) or not isinstance(lasts, int | float):
                    raise PanoptesRefused("/oauth/token of Panoptes returned no token.")
                self._token = token
                self._token_until = now + max(lasts - _MARGIN_SECONDS, lasts / 2)
            return self._token

    async def _send(
        self,
        method: str,
        path: httpx.URL | str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = await self._transport.send(method, path, headers=headers, form=form)
        status = answer.status
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise PanoptesAway(
                f"Panoptes answered with status {status}.",
                seconds_of(answer.headers.get("retry-after"), self._clock()),
            )
        return answer

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _read(answer: Answer, what: str) -> dict[str, Any]:
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


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header, which has seconds or an instant; None if unreadable."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        instant = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max((instant.replace(tzinfo=instant.tzinfo or UTC) - now).total_seconds(), 0.0)
