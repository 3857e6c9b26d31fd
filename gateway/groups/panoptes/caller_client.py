"""Client of Panoptes for one command, which sends the token of the person who gave it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx
import orjson

from gateway.directory.panoptes.client import Parameters
from gateway.directory.panoptes.paging import PAGE_SIZE
from gateway.directory.panoptes.transport import (
    ACCEPT,
    Answer,
    PanoptesAway,
    PanoptesRefused,
    Transport,
)
from gateway.groups.panoptes.command import Deadline
from gateway.groups.panoptes.failures import PanoptesUnavailable, Step, refusal


class VersionedRecord(NamedTuple):
    """A record as Panoptes has it now, with its ETag."""

    record: dict[str, Any]
    etag: str


class CallerClient:
    """Client that sends a person's token; requests are a site admin's if ``is_admin``.

    It is an ``Api`` of ``gateway.directory.panoptes.retrying``, so that answers are read as the
    directory reads them.
    """

    def __init__(
        self,
        transport: Transport,
        token: str,
        clock: Callable[[], datetime],
        deadline: Deadline,
        *,
        is_admin: bool = False,
    ) -> None:
        self._transport = transport
        self._token = token
        self._clock = clock
        self._deadline = deadline
        self._is_admin = is_admin

    def __repr__(self) -> str:
        return f"CallerClient(token=…, is_admin={self._is_admin})"

    def as_admin(self) -> CallerClient:
        """A client with the same token that uses the rights of a site admin."""
        return CallerClient(
            self._transport, self._token, self._clock, self._deadline, is_admin=True
        )

    async def get(self, path: str, parameters: Parameters | None = None) -> dict[str, Any]:
        """The JSON object at ``path``. Raises what ``refusal`` makes, or PanoptesUnavailable."""
        answer = await self._read(path, parameters)
        document = _document(answer) if answer.status == HTTPStatus.OK else None
        if document is None:
            raise _not_read(answer, self._clock())
        return document

    async def get_record(self, resource: str, record_id: int) -> VersionedRecord | None:
        """One record with its ETag; None if Panoptes has none for this person."""
        answer = await self._read(f"/{resource}/{record_id}", None)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        document = _document(answer) if answer.status == HTTPStatus.OK else None
        record, etag = None, answer.headers.get("etag")
        if document is not None:
            record = only_record(document, resource)
        if record is None or etag is None or record.get("id") != str(record_id):
            raise _not_read(answer, self._clock())
        return VersionedRecord(record, etag)

    async def join_tokens(self, group_ids: Sequence[int]) -> dict[int, str]:
        """The join tokens of those of the groups whose admin this person is."""
        tokens: dict[int, str] = {}
        for start in range(0, len(group_ids), PAGE_SIZE):
            requested = {str(one): one for one in group_ids[start : start + PAGE_SIZE]}
            parameters: Parameters = {"id": ",".join(requested), "page_size": PAGE_SIZE}
            found = await self.get("/user_groups", parameters)
            for record in found.get("user_groups", ()):
                fields = record if isinstance(record, dict) else {}
                group_id, token = requested.get(str(fields.get("id"))), fields.get("join_token")
                if group_id is not None and isinstance(token, str):
                    tokens[group_id] = token
        return tokens

    async def send(
        self, method: str, path: str, body: object = None, if_match: str | None = None
    ) -> Answer:
        """Send a change; the answer, whatever its status.

        PanoptesAway, PanoptesRefused or TimeoutError without an answer.
        """
        headers = {"If-Match": if_match} if if_match is not None else {}
        content = None if body is None else orjson.dumps(body)
        self._deadline.has_sent = True
        async with asyncio.timeout_at(self._deadline.sending):
            return await self._request(method, path, None, headers, content)

    async def _read(self, path: str, parameters: Parameters | None) -> Answer:
        try:
            async with asyncio.timeout_at(self._deadline.reading):
                return await self._request("GET", path, parameters, {}, None)
        except TimeoutError:
            raise PanoptesUnavailable("Panoptes did not answer in time: try again later.") from None
        except PanoptesAway as away:
            raise PanoptesUnavailable(away.message) from None
        except PanoptesRefused as error:
            raise PanoptesUnavailable(error.message) from None

    async def _request(
        self,
        method: str,
        path: str,
        parameters: Parameters | None,
        headers: dict[str, str],
        content: bytes | None,
    ) -> Answer:
        url = httpx.URL(f"/api{path}").copy_merge_params(parameters or {})
        if self._is_admin:
            url = url.copy_merge_params({"admin": "true"})
        sent = {
            "Accept": ACCEPT,
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._token}",
            **headers,
        }
        return await self._transport.send(method, url, headers=sent, content=content)


def only_record(document: dict[str, Any], resource: str) -> dict[str, Any] | None:
    """The record of a document about a single one; None if it has none, or several."""
    records = document.get(resource)
    if isinstance(records, list) and len(records) == 1 and isinstance(records[0], dict):
        return records[0]
    return None


def record_in(answer: Answer, resource: str) -> dict[str, Any] | None:
    """The record of an answer about a single one; None if it has none, or several."""
    document = _document(answer)
    return None if document is None else only_record(document, resource)


def _document(answer: Answer) -> dict[str, Any] | None:
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _not_read(answer: Answer, now: datetime) -> Exception:
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return PanoptesUnavailable("Panoptes answered with something else than what was asked for.")
    return refusal(answer, Step.READ, 0, now)
