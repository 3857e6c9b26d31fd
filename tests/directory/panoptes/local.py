"""A Panoptes of the tests' own, over real HTTP: its API as documented, and as its clients use it.

What it has is in ``has``, by resource, as Panoptes itself would show it to an admin. It can be
told to fail.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from tests.directory.panoptes.local_answers import Record
from tests.directory.panoptes.local_caller import ALL_SCOPES, Caller
from tests.directory.panoptes.local_clock import instant
from tests.directory.panoptes.local_records import FILTERS
from tests.directory.panoptes.local_routes import application


@dataclass
class LocalPanoptes:
    """The server's state; tests read and change it while it runs."""

    url: str = ""
    has: dict[str, list[Record]] = field(default_factory=lambda: {name: [] for name in FILTERS})
    logins: dict[str, str] = field(default_factory=dict)
    #: Whether the application's owner is an admin.
    admin: bool = True
    token_lasts: int = 7200
    #: Answered to the next requests of the API instead, each once: status and headers.
    faults: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    #: Answered to all requests of the API instead.
    always: int | None = None
    delay_seconds: float = 0
    #: Paths that hold this are not answered until it is changed; the empty text holds all.
    held_at: str | None = None
    #: Named as the next page instead of the true one.
    next_href: str | None = None
    #: Named as the number of pages instead of the true one.
    page_count: int | None = None
    #: Records that come with each answer of their resource, whether asked for or not.
    beside: dict[str, list[Record]] = field(default_factory=dict)
    #: Answered to all requests of the API instead: a body and its headers.
    body: tuple[bytes, dict[str, str]] | None = None
    #: Paths and queries that the API was asked for, and how many tokens it gave.
    asked: list[str] = field(default_factory=list)
    tokens_given: int = 0
    most_at_once: int = 0
    at_once: int = 0
    tokens: dict[str, float] = field(default_factory=dict)
    #: Whose the tokens are that are not of an application.
    people: dict[str, Caller] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    #: Ids of users whose changes are answered without a body, and have no effect.
    banned: set[str] = field(default_factory=set)
    #: What becomes of the answers to the next changes, which are made nevertheless: a status, or
    #: ``cut off``, ``empty``, ``nonsense``, ``other`` (another record), ``redirect``, or ``hang``
    #: until ``hangs`` is false.
    after_commit: deque[int | str] = field(default_factory=deque)
    #: The same in place of the next changes, which are not made. A text that is none of these is
    #: the message of a refusal with the status before it: ``400 Name is invalid``.
    before_commit: deque[int | str] = field(default_factory=deque)
    #: Called before the next changes are made, one for each: what somebody else does in between.
    meanwhile: deque[Callable[[], object]] = field(default_factory=deque)
    #: Answered to the next questions (GET) in their place, each once.
    to_questions: deque[int | str] = field(default_factory=deque)
    #: Where redirects lead.
    elsewhere: str = "http://127.0.0.1:9/api"
    #: Header lines that came with requests of the API: method, path, Authorization and If-Match.
    sent: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    hangs: bool = False
    #: The largest id that was given, by resource.
    ids: dict[str, int] = field(default_factory=dict)

    def token_of(
        self, user_id: int, *, admin: bool = False, scopes: frozenset[str] = ALL_SCOPES
    ) -> str:
        """A token of a person, as if they had signed in."""
        token = secrets.token_hex(16)
        self.tokens[token] = time.time() + self.token_lasts
        self.people[token] = Caller(str(user_id), is_admin=admin, scopes=scopes)
        return token

    def new_id(self, resource: str) -> str:
        """Larger than all ids that there are and have been."""
        there = max((int(one["id"]) for one in self.has[resource]), default=0)
        self.ids[resource] = max(self.ids.get(resource, 0), there) + 1
        return str(self.ids[resource])

    def user(self, user_id: int, login: str, **more: Any) -> None:
        email = f"{login}@example.org"
        attributes = {"login": login, "display_name": login.title(), "email": email, **more}
        self.has["users"].append({"id": str(user_id), **attributes, "links": {}})

    def group(self, group_id: int, level: str = "private_agg_only", **more: Any) -> None:
        name = f"group-{group_id}"
        shown = {"name": name, "display_name": name.title(), "private": True}
        dates = {
            "created_at": "2024-03-01T10:00:00.000Z",
            "updated_at": "2025-06-01T10:00:00.000Z",
        }
        self.has["user_groups"].append(
            {"id": str(group_id), **shown, **dates, **more, "stats_visibility": level}
        )

    def member(
        self,
        group_id: int,
        user_id: int,
        role: str = "group_member",
        *,
        state: str = "active",
        identity: bool = False,
    ) -> None:
        self.has["memberships"].append(
            {
                "id": self.new_id("memberships"),
                "state": state,
                "roles": [role],
                "identity": identity,
                "_updated_at": instant(),
                "links": {"user": str(user_id), "user_group": str(group_id)},
            }
        )

    def project(self, project_id: int, slug: str, *workflows: Record) -> None:
        links = {"workflows": [one["id"] for one in workflows]}
        shown = {"slug": slug, "display_name": slug.split("/")[-1].title(), "links": links}
        self.has["projects"].append({"id": str(project_id), **shown})
        for one in workflows:
            self.has["workflows"].append({**one, "links": {"project": str(project_id)}})

    def find(self, resource: str, record_id: int) -> Record:
        return next(one for one in self.has[resource] if one["id"] == str(record_id))

    def take_out(self, resource: str, **same: Any) -> None:
        """Forget the records that have these values; ``user`` and ``user_group`` are links."""
        wanted = {key: str(value) for key, value in same.items()}
        self.has[resource] = [
            one
            for one in self.has[resource]
            if any(one.get(key, one.get("links", {}).get(key)) != wanted[key] for key in wanted)
        ]


@contextmanager
def panoptes_running() -> Iterator[LocalPanoptes]:
    """A Panoptes that has nothing yet, on a free port of this machine."""
    panoptes = LocalPanoptes()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        panoptes.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(
            uvicorn.Config(application(panoptes), log_level="warning", lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield panoptes
        finally:
            panoptes.held_at, panoptes.hangs = None, False
            server.should_exit = True
            thread.join()
