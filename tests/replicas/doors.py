"""The doors of a gateway that reads from a standby: what is read there of one classification."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import NamedTuple

import httpx

from gateway.auth.tokens import issue_token
from tests.graphql.live.reading import EVENTS, PARTS, STREAM
from tests.server import Server
from tests.stream_events import classification, comment

TOKEN, CONSISTENCY = "consistency-token", "consistency"
#: A page of another site.
ORIGIN = {"origin": "https://pages.example"}
#: Projects, groups and volunteers of these numbers are each of one test.
FIRST, LAST = 7001, 7100
NUMBERS = count(FIRST)
CREATED = "2024-02-29T12:00:00.000Z"
LIVE = "subscription{live{project(id:%d){classifications{totalCount}}}}"
QUERY = "{project(id:%d){classifications{totalCount}}}"
DEFERRED = "{project(id:%d){classifications{totalCount}...@defer{...on Project{id}}}}"


class Door(NamedTuple):
    """A path with a number in it, what is accepted there, and what is counted in an answer."""

    path: str
    counted: Callable[[str], int]
    accept: str = "*/*"


def of_pattern(pattern: str) -> Callable[[str], int]:
    def counted(text: str) -> int:
        (number,) = re.findall(pattern, text)
        return int(number)

    return counted


def of_rows(text: str) -> int:
    return sum(int(row["Classifications"]) for row in csv.DictReader(text.splitlines()))


TOTAL, ERAS = of_pattern(r'"totalCount":(\d+)'), of_pattern(r'"total_count":(\d+)')
DOORS = {
    "GET": Door(f"/graphql?query={QUERY}", TOTAL, "application/json"),
    "deferred": Door(f"/graphql?query={DEFERRED}", TOTAL, "multipart/mixed"),
    "events": Door(f"/graphql?query={LIVE}", TOTAL, EVENTS),
    "parts": Door(f"/graphql?query={LIVE}", TOTAL, PARTS),
    "site": Door("/classifications?project_id=%d", ERAS),
    "user": Door("/classifications/users/%d", ERAS),
    "group": Door("/classifications/user_groups/%d", ERAS),
    "comments": Door("/comments?project_id=%d", ERAS),
    "file": Door("/files/projects/%d/buckets", of_rows, "text/csv"),
}


class Site(NamedTuple):
    """A gateway that reads from the first standby, and a client of it."""

    server: Server
    key: bytes
    client: httpx.AsyncClient

    @property
    def root(self) -> str:
        return self.server.url.removesuffix("/graphql")

    def signed_in(self, user_id: int) -> dict[str, str]:
        expires = datetime.now(UTC) + timedelta(hours=1)
        token = issue_token(self.key, user_id, f"u{user_id}", f"U{user_id}", False, expires)
        return {"authorization": f"Bearer {token}"}

    async def store(self, event_id: int, number: int) -> str:
        """Have it count a classification and a comment; the token of that."""
        links = {"project": number, "user": number, "workflow": number}
        events = [
            classification(event_id, CREATED, **links, groups=[number]),
            comment(event_id, CREATED, user_id=number, project_id=number),
        ]
        url = f"{self.root}/kinesis"
        stored = await self.client.post(url, json={"payload": events}, auth=STREAM)
        assert stored.status_code == 204, stored.text
        return stored.headers[TOKEN]

    async def read(self, door: Door, number: int, **headers: str) -> tuple[int, httpx.Headers]:
        """What is counted in an answer, or in the first of a stream."""
        headers = {**self.signed_in(number), **ORIGIN, "accept": door.accept, **headers}
        url = self.root + door.path % number
        async with self.client.stream("GET", url, headers=headers) as response:
            text = ""
            async for piece in response.aiter_text():
                text += piece
                if door.accept in (EVENTS, PARTS) and '"totalCount"' in text:
                    break
            assert response.status_code == 200, text
            return door.counted(text), response.headers


def assert_readable_by_pages(headers: httpx.Headers) -> None:
    exposed = headers["access-control-expose-headers"].split(", ")
    assert {"Consistency", "Consistency-Token"} <= set(exposed)
    assert headers["access-control-allow-origin"] == "*"
