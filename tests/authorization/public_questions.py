"""Every question that anybody may ask, found by walking the schema and the OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import httpx
from graphql import GraphQLObjectType, get_named_type, is_required_argument

from tests.authorization.entries import TO_ENTITIES
from tests.authorization.walk import ARGUMENTS, SERVED

#: Ids of each kind, some of them of nobody and of nothing; groups of every level.
IDS = {
    "User": (1, 3, 9),
    "UserGroup": (501, 502, 503, 504, 7),
    "Project": (11, 99),
    "Workflow": (101, 999),
}
_BATCH = 100
#: Beside what their description lists: records that come along, and of one group.
_INCLUDING = [
    "/api/user_groups?include=users,memberships",
    "/api/user_groups?search=e&page_size=1",
    *(
        path.format(one)
        for one in IDS["UserGroup"]
        for path in (
            "/api/user_groups/{}?include=users,memberships",
            "/api/user_groups?id={}&include=users",
            "/api/memberships?user_group_id={}&include=user,user_group",
            "/api/users?user_group_id={}",
            "/api/user_groups?user_id={}",
        )
    ),
]
#: So many objects below the root each field is asked for alone, too.
_ALONE = 2


class Question(NamedTuple):
    """A request, and how it shows in a failure."""

    method: str
    path: str
    sent: dict[str, Any]

    def ask(self, client: httpx.Client, **headers: str) -> httpx.Response:
        return client.request(self.method, self.path, headers=headers, **self.sent)

    async def ask_async(self, client: httpx.AsyncClient, **headers: str) -> httpx.Response:
        return await client.request(self.method, self.path, headers=headers, **self.sent)


def documents() -> list[str]:
    """An operation for every object that a path from the root leads to, by each way to each id.

    Objects come with all of their own fields, and what stands near the root with each alone.
    """
    return [f"{{ {field} }}" for field in _roots()]


def by_get(found: list[str]) -> list[Question]:
    return [Question("GET", "/graphql", {"params": {"query": one}}) for one in found]


def by_post(found: list[str]) -> list[Question]:
    """Some of them, with their costs; batches ask all."""
    bodies = [{"query": one, "extensions": {"cost": True}} for one in found[::20]]
    return [Question("POST", "/graphql", {"json": body}) for body in bodies]


def in_batches(found: list[str]) -> list[Question]:
    return [
        Question("POST", "/graphql", {"json": [{"query": one} for one in found[start:][:_BATCH]]})
        for start in range(0, len(found), _BATCH)
    ]


def beside_graphql(description: dict[str, Any]) -> list[Question]:
    """What OpenAPI's description lists, with ids of all kinds; and what it does not list."""
    paths = ("/graphql", "/livez", "/readyz", "/nowhere", *_INCLUDING)
    found = [Question("GET", path, {}) for path in paths]
    ids = sorted({*IDS["User"], *IDS["UserGroup"]})
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            body = {"json": {}} if "requestBody" in operation else {}
            named = {"ids": "1,3", "activity": "comment", "period": "day"}
            places = [path.format_map({"id": one, **named}) for one in ids] if "{" in path else [
                path
            ]  # fmt: skip
            names = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
            for place in places:
                found.append(Question(method.upper(), place, body))
                found += [
                    Question(method.upper(), place, {**body, "params": {name: value}})
                    for name in names
                    for value in ("1", "true", "2024-02-29")
                ]
    return found


def _roots() -> Iterator[str]:
    for name, field in SERVED.query_type.fields.items():  # type: ignore[union-attr]
        given = get_named_type(field.type).name
        needed = {key for key, one in field.args.items() if is_required_argument(one)}
        if needed == {"representations"}:
            for kind, ids in IDS.items():
                entry = TO_ENTITIES[kind]
                yield from (entry([one], below) for one, below in product(ids, _selections(kind)))
                yield entry(ids, "{ id }")
            continue
        for arguments, below in product(_arguments(name, given, needed), _selections(given)):
            yield f"{name}{arguments} {below}"


def _arguments(name: str, given: str, needed: set[str]) -> list[str]:
    """The ways to write the arguments that a field of the root needs."""
    if not needed:
        return [""]
    coordinate = f"Query.{name}"
    if coordinate in ARGUMENTS:
        return [ARGUMENTS[coordinate]]
    assert needed in ({"id"}, {"ids"}), f"Say what {name} is asked with: ARGUMENTS in walk.py."
    ids = IDS[given]
    return [f"(id: {one})" for one in ids] if needed == {"id"} else [
        f"(ids: {[*many]})" for many in (ids, *((one,) for one in ids))
    ]  # fmt: skip


def _selections(type_name: str, entered: tuple[str, ...] = ()) -> list[str]:
    """What is selected of a type: along paths that enter no type twice.

    Entities further below come with their own fields alone: all else is asked of them directly.
    """
    kind = SERVED.type_map[type_name]
    if not isinstance(kind, GraphQLObjectType):
        return [""]
    entered = (*entered, type_name)
    leaves, found = ["__typename"], []
    ends = type_name in IDS and len(entered) > 1
    for name, field in kind.fields.items():
        given = get_named_type(field.type).name
        is_object = isinstance(SERVED.type_map[given], GraphQLObjectType)
        if given in entered or (ends and is_object):
            continue
        needed = any(map(is_required_argument, field.args.values()))
        asked = name + (ARGUMENTS[f"{type_name}.{name}"] if needed else "")
        if is_object:
            found += [f"{{ {asked} {below} }}" for below in _selections(given, entered)]
        else:
            leaves.append(asked)
    alone = leaves if len(entered) <= _ALONE else []
    return [f"{{ {one} }}" for one in (" ".join(leaves), *alone)] + found


def told(response: httpx.Response) -> dict[str, Any]:
    """All of a response but its body, and what is of the moment."""
    headers = sorted(
        # Each token is sealed with other random bytes; all are equally long.
        (name, len(value) if name == "consistency-token" else value)
        for name, value in response.headers.multi_items()
        if name not in ("date", "x-request-id")
    )
    return {"status": response.status_code, "headers": headers}


def shown(question: Question) -> str:
    return json.dumps(question)[:300]
