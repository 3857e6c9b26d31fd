"""Groups of each level of visibility, with an admin and a member, for the tests of their pages."""

from __future__ import annotations

from playwright.sync_api import Page, Response, WebSocket
from sqlalchemy import Connection

from gateway.directory.load import load_directory
from gateway.events.event import Batch, Classification
from gateway.rollups.apply_batch import apply_batch
from tests.events_of import instant
from tests.web.history import ADA, BERT, SHAPES, SONGS, classified

#: By level; the first is also hidden from whoever is none of its members.
GROUPS = (20, 21, 22, 23, 24)
LEVELS = (
    "private_agg_only",
    "private_show_agg_and_ind",
    "public_agg_only",
    "public_agg_show_ind_if_member",
    "public_show_all",
)
HIDDEN = GROUPS[0]
#: Of each group: Ada leads it and classified twice, Bert is a member and classified three times.
AMOUNT = 5


def title(group: int) -> str:
    return f"Herons {group}"


def write_groups(connection: Connection) -> None:
    load_directory(
        connection,
        {
            "user_groups": [
                {
                    "id": group,
                    "name": f"herons-{group}",
                    "display_name": title(group),
                    "stats_visibility": level,
                    "private": group == HIDDEN,
                }
                for group, level in zip(GROUPS, LEVELS, strict=True)
            ],
            "memberships": [
                {"user_group_id": group, "user_id": user, "state": "active", "roles": [role]}
                for group in GROUPS
                for user, role in ((ADA, "group_admin"), (BERT, "group_member"))
            ],
        },
    )
    apply_batch(connection, Batch(classifications=[_classified(n) for n in range(AMOUNT)]))


def _classified(place: int) -> Classification:
    """Of Ada on January 10 in Galaxies, and of Bert: two the day after, and one of Whales."""
    at = instant(f"2024-01-1{0 if place < 2 else 1}T12:00")
    user = ADA if place < 2 else BERT
    return classified(7000 + place, at, user, SONGS if place == 4 else SHAPES, GROUPS)


class Received:
    """All that a tab was sent by GraphQL, over HTTP and over its WebSocket."""

    def __init__(self, page: Page) -> None:
        self._answers: list[Response] = []
        self._frames: list[str] = []
        page.on("response", lambda one: "/graphql" in one.url and self._answers.append(one))
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self._frames.append(str(frame)))

    def answers(self) -> list[Response]:
        """Those over HTTP."""
        return list(self._answers)

    def texts(self) -> list[str]:
        """The answers, each by itself."""
        return [*(one.text() for one in self._answers), *self._frames]


def walk(page: Page, path: str) -> None:
    """Go to another page as a link does, so that who is signed in stays so."""
    page.evaluate("path => history.pushState(null, '', path)", path)
