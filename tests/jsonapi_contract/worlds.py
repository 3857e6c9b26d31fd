"""A group with somebody of each standing, made through the API itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

import httpx

from tests.jsonapi_contract.sides import PROJECT, SITE_ADMIN, Side, login_of

#: Ids that nothing has.
UNKNOWN = 987_654_321
LEVELS = {
    "hidden": {"private": True, "stats_visibility": "private_agg_only"},
    "ended": {"private": True, "stats_visibility": "private_agg_only"},
    "open": {"private": False, "stats_visibility": "public_show_all"},
}
STANDINGS = ("admin", "member", "invited", "former")
#: An operation that asks for all memberships of a group.
MEMBERS = "query ($id: ID!) { userGroup(id: $id) { memberships(first: 1) { totalCount } } }"
Tokens = dict[str, str | None]


@dataclass
class World:
    """A group, the people who are something to it, and their memberships' ids."""

    side: Side
    group: int
    name: str
    join_token: str
    ids: dict[str, int]
    memberships: dict[str, str] = field(default_factory=dict)
    _known: list[Any] = field(default_factory=list)

    @cached_property
    def tokens(self) -> Tokens:
        """The bearer tokens of everybody who may ask; nobody has none."""
        make = self.side.token_of
        tokens: Tokens = {who: make(self.ids[who]) for who in (*STANDINGS, "stranger")}
        limited = make(self.ids["admin"], scopes=("user", "public"))
        return {**tokens, "nobody": None, "scopeless": limited, "site": site_token(self.side)}

    def newcomer(self) -> World:
        """The same with somebody new, who has done nothing yet."""
        ids = {**self.ids, "newcomer": self.side.person(), "other": self.side.person()}
        new = World(self.side, self.group, self.name, self.join_token, ids, self.memberships)
        new._known = self._known
        new.tokens = {**self.tokens, "newcomer": self.side.token_of(ids["newcomer"])}
        return new

    @property
    def names(self) -> dict[str, object]:
        """What the texts of a case may name in braces."""
        return {
            **self.ids,
            **{f"membership_of_{who}": one for who, one in self.memberships.items()},
            **{f"login_of_{who}": login_of(one) for who, one in self.ids.items()},
            "group": self.group,
            "name": self.name,
            "NAME": self.name.upper(),
            "display": f"Class {self.name}",
            "token": self.join_token,
            "unknown": UNKNOWN,
            "project": PROJECT,
            "fresh": f"g-{uuid4()}",
        }

    def standing(self, who: str) -> str | None:
        """Somebody's state and roles as the API tells themselves; None without a membership."""
        query = f"user_id={self.ids[who]}&user_group_id={self.group}"
        answer = self.side.ask("GET", f"/memberships?{query}", self.tokens[who])
        found = _whole(answer, "memberships")
        return " ".join([found[0]["state"], *found[0]["roles"]]) if found else None

    def state(self) -> Any:
        """All of the group and its memberships, as an admin of it sees them."""
        group = self.side.ask("GET", f"/user_groups/{self.group}", self.tokens["admin"])
        query = f"user_group_id={self.group}&page_size=100"
        answer = self.side.ask("GET", f"/memberships?{query}", self.tokens["admin"])
        members = sorted(_whole(answer, "memberships"), key=lambda one: int(one["id"]))
        return group.status_code, group.json(), members

    def known_state(self) -> Any:
        """The same as it was when the world was made, asked for once: nobody changes it since."""
        if not self._known:
            self._known.append(self.state())
        return self._known[0]

    def etag(self, resource: str, record_id: object) -> str:
        """The ETag that a record has now; of a group that has ended, one that it never had."""
        path = f"/{resource}/{record_id}?admin=true"
        tag = self.side.ask("GET", path, self.tokens["site"]).headers.get("etag", "")
        return tag or '"0123456789abcdef0123456789abcdef"'


def site_token(side: Side) -> str:
    return side.token_of(SITE_ADMIN, admin=True)


def create(side: Side, token: str, name: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "display_name": f"Class {name}", **more}
    made = side.ask("POST", "/user_groups", token, {"user_groups": body})
    group: dict[str, Any] = _whole(made, "user_groups")[0]
    return group


def join(side: Side, group: World, who: str) -> httpx.Response:
    links = {"user": str(group.ids[who]), "user_group": str(group.group)}
    body = {"memberships": {"join_token": group.join_token, "links": links}}
    return side.ask("POST", "/memberships", group.tokens[who], body)


def make_world(side: Side, kind: str = "hidden") -> World:
    """An admin, a member, somebody invited, and somebody who has left; ``ended`` is deactivated."""
    name = f"g-{uuid4()}"
    ids = {who: side.person() for who in (*STANDINGS, "stranger")}
    made = create(side, side.token_of(ids["admin"]), name, **LEVELS[kind])
    world = World(side, int(made["id"]), name, made["join_token"], ids)
    for who in ("member", "former"):
        joined = join(side, world, who)
        world.memberships[who] = _whole(joined, "memberships")[0]["id"]
    left = f"/memberships/{world.memberships['former']}"
    tag = joined.headers["etag"]
    assert side.ask("DELETE", left, world.tokens["former"], if_match=tag).status_code == 204
    path = f"/user_groups/{world.group}"
    _invite(side, world)
    query = f"/memberships?user_group_id={world.group}"
    by_user = {
        one["links"]["user"]: one["id"]
        for one in _whole(side.ask("GET", query, world.tokens["admin"]), "memberships")
    }
    world.memberships = {who: by_user[str(ids[who])] for who in STANDINGS}
    if kind == "ended":
        tag = world.etag("user_groups", world.group)
        assert side.ask("DELETE", path, world.tokens["admin"], if_match=tag).status_code == 204
    return world


def _invite(side: Side, world: World) -> None:
    invited = world.ids["invited"]
    if not side.forwards:
        body = {"users": [str(invited)]}
        path = f"/user_groups/{world.group}/links/users"
        _whole(side.ask("POST", path, world.tokens["admin"], body), "user_groups")
        return
    assert side.panoptes is not None
    # Nothing at Panoptes writes that, and through the gateway nobody is invited there.
    side.panoptes.member(world.group, invited, state="invited")
    body = {"query": MEMBERS, "variables": {"id": str(world.group)}}
    headers = {"Authorization": f"Bearer {world.tokens['admin']}"}
    query = f"/memberships?user_group_id={world.group}&state=invited"
    # What the list of an operation has brought is stored behind its back.
    for _ in range(100):
        side.http.post(f"{side.url}/graphql", json=body, headers=headers).raise_for_status()
        if _whole(side.ask("GET", query, world.tokens["admin"]), "memberships"):
            return
        time.sleep(0.02)
    raise AssertionError("The invitation is not known here.")


def _whole(answer: httpx.Response, resource: str) -> Any:
    assert answer.status_code in {200, 201}, (answer.status_code, answer.text)
    return answer.json()[resource]
