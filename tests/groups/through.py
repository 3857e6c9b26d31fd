"""Going through the doors: the same wish by GraphQL and by JSON:API over HTTP."""

from __future__ import annotations

from typing import Any

from gateway.auth.viewer import Viewer
from gateway.groups.rules import Action
from tests.groups.cells import WRONG, Cell
from tests.groups.ways import Route
from tests.jsonapi_contract.sides import Side

#: What is read of a group, and asked of GraphQL.
READ_FIELDS = {
    Action.SEE_JOIN_LINK: "joinLink { token }",
    Action.SEE_MEMBERSHIPS: "memberships { nodes { state } }",
    Action.SEE_HISTORY: "history { nodes { kind } }",
}
_PUT = {
    "state: invited": {"state": "invited"},
    "state: inactive": {"state": "inactive"},
    "state: active": {"state": "active"},
    "roles": {"roles": ["group_admin"]},
}
_OTHERS = {
    Action.INVITE: "former",
    Action.REMOVE: "member",
    Action.SET_ROLE: "member",
    Action.ACTIVATE_OTHER: "former",
}


def token_of(side: Side, viewer: Viewer) -> str | None:
    return None if viewer.id is None else side.token_of(viewer.id, admin=viewer.is_site_admin)


def by_mutation(side: Side, cell: Cell, action: Action, name: str) -> str:
    """What a mutation says: ``changed``, ``unchanged``, or the code of its error or user error."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ changed userErrors {{ code }} "
    query += "userGroup { id } } }"
    answer = _asked(side, cell, query, {"input": _input(action, cell, name)})
    payload = answer["data"][name]
    if "errors" in answer:
        assert payload is None
        (error,) = answer["errors"]
        return str(error["extensions"]["code"])
    if payload["userErrors"]:
        assert (payload["changed"], payload["userGroup"]) == (False, None)
        (error,) = payload["userErrors"]
        return str(error["code"])
    return "changed" if payload["changed"] else "unchanged"


def by_reading(side: Side, cell: Cell, action: Action) -> str:
    """``shown``, or the code of the error beside the null."""
    query = f"query($id: ID!) {{ userGroup(id: $id) {{ {READ_FIELDS[action]} }} }}"
    answer = _asked(side, cell, query, {"id": str(cell.group)})
    if "errors" in answer:
        assert cell.join_token not in str(answer)
        (error,) = answer["errors"]
        return str(error["extensions"]["code"])
    group = answer["data"]["userGroup"]
    return "NOT_FOUND" if group is None else "shown"


def is_shown(side: Side, cell: Cell, action: Action) -> bool:
    """Whether JSON:API shows it at all."""
    flag = "admin=true" if cell.viewer.is_site_admin else ""
    token = token_of(side, cell.viewer)
    if action is Action.SEE_JOIN_LINK:
        sent = side.ask("GET", f"/user_groups/{cell.group}?{flag}", token)
        return cell.join_token in sent.text
    sent = side.ask("GET", f"/memberships?user_group_id={cell.group}&{flag}", token)
    shown = {int(one["id"]) for one in sent.json().get("memberships", ())}
    return shown == set(cell.memberships.values())


def by_route(side: Side, cell: Cell, action: Action, route: Route) -> int:
    """The status that a route answers."""
    other = _OTHERS.get(action, "viewer")
    named = cell.group if "user_groups" in route.path else cell.membership_of(other)
    path = route.path.removeprefix("/api").format(id=named, ids=cell.ids["member"])
    headers = {}
    if route.handler.if_match:
        site = token_of(side, Viewer(1, is_site_admin=True))
        tag = side.ask("GET", f"{path}?admin=true", site).headers.get("etag")
        headers["if_match"] = tag or '"0123456789abcdef0123456789abcdef"'
    flag = "?admin=true" if cell.viewer.is_site_admin else ""
    body = _body(action, cell, route)
    token = token_of(side, cell.viewer)
    return side.ask(route.method, path + flag, token, body, **headers).status_code


def _asked(side: Side, cell: Cell, query: str, variables: dict[str, Any]) -> Any:
    token = token_of(side, cell.viewer)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = {"query": query, "variables": variables}
    sent = side.http.post(f"{side.url}/graphql", json=body, headers=headers)
    assert sent.status_code == 200, sent.text
    return sent.json()


def _input(action: Action, cell: Cell, name: str) -> dict[str, Any]:
    if action is Action.CREATE:
        return {"displayName": "Another one"}
    if name == "createGoal":
        return {"groupId": str(cell.group), "metric": "CONTRIBUTORS", "target": 5}
    if action is Action.LEAD_GOALS:
        return {"id": str(cell.goal), **({"target": 20} if name == "updateGoal" else {})}
    more: dict[Action, dict[str, Any]] = {
        Action.EDIT: {"displayName": "Other"},
        Action.CHANGE_JOIN_LINK: {"enabled": False},
        Action.JOIN: {"joinToken": cell.join_token},
        Action.JOIN_WRONGLY: {"joinToken": WRONG},
        Action.JOIN_INACTIVE: {"joinToken": cell.join_token},
        Action.INVITE: {"userIds": [str(cell.ids["former"])]},
        Action.REMOVE: {"userIds": [str(cell.ids["member"])]},
        Action.SET_ROLE: {"userId": str(cell.ids["member"]), "role": "GROUP_ADMIN"},
    }
    return {"id": str(cell.group), **more.get(action, {})}


def _body(action: Action, cell: Cell, route: Route) -> Any:
    if route.body:
        return {"memberships": _PUT[route.body]}
    if action is Action.CREATE:
        return {"user_groups": {"display_name": "Another one"}}
    if action is Action.EDIT:
        return {"user_groups": {"display_name": "Other"}}
    if action is Action.INVITE:
        return {"users": [str(cell.ids["former"])]}
    if action in (Action.JOIN, Action.JOIN_WRONGLY, Action.JOIN_INACTIVE):
        token = WRONG if action is Action.JOIN_WRONGLY else cell.join_token
        links = {"user": str(cell.ids["viewer"]), "user_group": str(cell.group)}
        return {"memberships": {"join_token": token, "links": links}}
    return None
