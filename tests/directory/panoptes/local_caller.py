"""Who asks the tests' own Panoptes, as the bearer token tells."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.directory.panoptes.local_answers import Record, RefusedError
from tests.directory.panoptes.local_records import at

if TYPE_CHECKING:
    from starlette.requests import Request

    from tests.directory.panoptes.local import LocalPanoptes

ALL_SCOPES = frozenset({"user", "group", "public"})
#: What a front end without a signed-in person sends.
NO_CREDENTIALS = {"", "Bearer", "Bearer null", "Bearer undefined", "undefined"}


@dataclass(frozen=True)
class Caller:
    """A person, the owner of an application (without id), or nobody."""

    user_id: str | None = None
    is_admin: bool = False
    scopes: frozenset[str] = ALL_SCOPES
    known: bool = True

    def demand(self) -> None:
        """Refuse whoever is not logged in."""
        if not self.known:
            raise RefusedError(401, "You must be logged in to access this resource.")

    def demand_scope(self) -> None:
        """Refuse tokens that are not for groups."""
        if "group" not in self.scopes:
            raise RefusedError(403, None)

    def own(self, panoptes: LocalPanoptes, group_id: str) -> Record | None:
        """The caller's membership of a group."""
        return next(
            (
                one
                for one in panoptes.has["memberships"]
                if at(one, "links.user_group") == group_id and at(one, "links.user") == self.user_id
            ),
            None,
        )

    def leads(self, panoptes: LocalPanoptes, group_id: str) -> bool:
        own = self.own(panoptes, group_id)
        return own is not None and own["state"] == "active" and "group_admin" in own["roles"]


NOBODY = Caller(known=False)


def caller_of(panoptes: LocalPanoptes, request: Request) -> Caller:
    sent = request.headers.get("authorization", "").strip()
    if sent in NO_CREDENTIALS:
        return NOBODY
    token = sent.removeprefix("Bearer ")
    if panoptes.tokens.get(token, 0) <= time.time():
        raise RefusedError(401, None)
    return panoptes.people.get(token, Caller(is_admin=panoptes.admin))


def acts_as_admin(caller: Caller, request: Request, body: Record) -> bool:
    """Any ``admin`` in the query counts, and one of the body that is neither false nor null."""
    asked = "admin" in request.query_params or body.get("admin") not in {None, False}
    return caller.known and caller.is_admin and asked
