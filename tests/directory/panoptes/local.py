"""A Panoptes of the tests' own, over real HTTP: its API as documented, and as its clients use it.

What it has is in ``has``, by resource, as Panoptes itself would show it to an admin. It can be
told to fail.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from tests.directory.panoptes.local_routes import FILTERS, Record, application


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
    sessions: set[str] = field(default_factory=set)

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
                "id": str(len(self.has["memberships"]) + 1),
                "state": state,
                "roles": [role],
                "identity": identity,
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
            panoptes.held_at = None
            server.should_exit = True
            thread.join()
