"""Ways through the doors: by which field and which routes each action of the rules is done.

``docs/groups.md`` prints them, and ``test_doors`` goes each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gateway.groups.refusals import RefusalCode
from gateway.groups.rules import Action, Verdict
from gateway.rest.jsonapi.errors import REFUSALS, STATUSES
from gateway.rest.jsonapi.handler import Handler
from gateway.rest.jsonapi.routes import RESOURCES

#: What is read and not commanded: JSON:API leaves it out where GraphQL refuses it.
READ = frozenset({Action.SEE_JOIN_LINK, Action.SEE_MEMBERSHIPS, Action.SEE_HISTORY})
#: What no program does for people.
OF_OPERATORS = frozenset({Action.BACKFILL})

GROUPS = "/api/user_groups"
GROUP = f"{GROUPS}/{{id}}"
MEMBERSHIPS = "/api/memberships"
MEMBERSHIP = f"{MEMBERSHIPS}/{{id}}"


class Route(NamedTuple):
    """A route of JSON:API, and what its body says of a membership."""

    method: str
    path: str
    body: str = ""

    def __str__(self) -> str:
        return f"`{self.method} {self.path}`" + (f" with `{self.body}`" if self.body else "")

    @property
    def handler(self) -> Handler:
        """What answers it."""
        (resource,) = [one for one in RESOURCES if one.path == self.path]
        return resource.handlers[self.method]


class Ways(NamedTuple):
    """The field of GraphQL, None if there is none, the routes of JSON:API, and other fields."""

    field: str | None
    routes: tuple[Route, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields of GraphQL; each does a part of it."""
        return () if self.field is None else (self.field, *self.others)


_INVITED = Route("PUT", MEMBERSHIP, "state: invited")
_ENDED = Route("PUT", MEMBERSHIP, "state: inactive")
_ACTIVE = Route("PUT", MEMBERSHIP, "state: active")
_DELETED = Route("DELETE", MEMBERSHIP)
_JOIN = Ways("joinUserGroup", (Route("POST", MEMBERSHIPS),))

WAYS: Mapping[Action, Ways] = {
    Action.CREATE: Ways("createUserGroup", (Route("POST", GROUPS),)),
    Action.EDIT: Ways("updateUserGroup", (Route("PUT", GROUP),)),
    Action.SEE_JOIN_LINK: Ways("UserGroup.joinLink", (Route("GET", GROUP),)),
    Action.CHANGE_JOIN_LINK: Ways("updateJoinLink"),
    Action.DEACTIVATE: Ways("deactivateUserGroup", (Route("DELETE", GROUP),)),
    Action.REACTIVATE: Ways("reactivateUserGroup"),
    Action.JOIN: _JOIN,
    Action.JOIN_WRONGLY: _JOIN,
    Action.JOIN_INACTIVE: _JOIN,
    Action.INVITE: Ways("inviteToUserGroup", (Route("POST", f"{GROUP}/links/users"), _INVITED)),
    Action.ACCEPT: Ways("acceptInvitation"),
    Action.DECLINE: Ways("declineInvitation"),
    Action.LEAVE: Ways("leaveUserGroup", (_DELETED, _ENDED)),
    Action.REMOVE: Ways(
        "removeMembers", (Route("DELETE", f"{GROUP}/links/users/{{ids}}"), _DELETED, _ENDED)
    ),
    Action.SET_ROLE: Ways("setMemberRole", (Route("PUT", MEMBERSHIP, "roles"),)),
    Action.ACTIVATE_OTHER: Ways(None, (_ACTIVE,)),
    Action.ACTIVATE_OWN: Ways(None, (_ACTIVE,)),
    Action.SEE_MEMBERSHIPS: Ways("UserGroup.memberships", (Route("GET", MEMBERSHIPS),)),
    Action.SEE_HISTORY: Ways("UserGroup.history"),
    Action.BACKFILL: Ways(None),
    Action.LEAD_GOALS: Ways("createGoal", others=("updateGoal", "archiveGoal", "deleteGoal")),
}


def status_of(route: Route, verdict: Verdict) -> int:
    """What a route answers where the rules say this; a group that one may not lead is hidden."""
    handler = route.handler
    if verdict in (Verdict.YES, Verdict.UNCHANGED):
        return handler.success
    if verdict is Verdict.UNAUTHENTICATED:
        return STATUSES["UNAUTHENTICATED" if handler.signed_in else "NOT_FOUND"]
    if verdict in (Verdict.FORBIDDEN, Verdict.NOT_FOUND):
        return STATUSES["NOT_FOUND"]
    return REFUSALS[RefusalCode(verdict.value)]
