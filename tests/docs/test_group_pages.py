"""Pages of group life: each operation is answered as shown, and as the calls it replaces are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gateway.graphql.page
from tests.docs.markdown import ROOT
from tests.docs.own import answered_as_shown, own_blocks
from tests.resolvers.mutations.village import Village

SHOWN = own_blocks(ROOT / "docs" / "queries.md")
JOIN, MANAGE = SHOWN[:3], SHOWN[3:]
OPERATIONS = Path(gateway.graphql.page.__file__).parent / "operations"
API = "http://gateway/api"
JSON_API = {"accept": "application/vnd.api+json; version=1", "content-type": "application/json"}


async def test_join_and_manage_are_answered_as_shown(people: Village) -> None:
    group, token = await people.create()
    await answered_as_shown(people, JOIN, id=group, joinToken=token)
    await people.do("ada", "inviteToUserGroup", id=group, logins=["cleo"])
    managed = await answered_as_shown(people, MANAGE, id=group)

    async def call(path: str) -> Any:
        headers = people.headers["ada"] | JSON_API
        sent = await people.client.get(f"{API}{path}", headers=headers)
        assert sent.status_code == 200
        return sent.json()

    (known,) = (await call(f"/user_groups/{group}"))["user_groups"]
    shown = managed["userGroup"]
    assert (known["name"], known["display_name"]) == (shown["name"], shown["displayName"])
    assert shown["joinLink"]["url"].endswith(f"#join_token={known['join_token']}")
    memberships = (await call(f"/memberships?user_group_id={group}"))["memberships"]
    assert [
        (one["id"], one["state"].upper(), one["links"]["user"])
        for one in sorted(memberships, key=lambda one: int(one["id"]))
    ] == [(one["id"], one["state"], one["user"]["id"]) for one in shown["memberships"]["nodes"]]


async def test_the_call_that_joins_does_the_same(people: Village) -> None:
    group, token = await people.create()
    body = {"memberships": {"join_token": token, "links": {"user": "4", "user_group": group}}}
    headers = people.headers["dan"] | JSON_API
    sent = await people.client.post(f"{API}/memberships", json=body, headers=headers)
    assert sent.status_code == 201
    await people.do("ben", "joinUserGroup", id=group, joinToken=token)
    mine = "{ me { memberships { nodes { state roles } } } }"
    assert await people.ask("dan", mine) == await people.ask("ben", mine)


def test_the_operations_are_files_that_the_page_could_offer() -> None:
    assert [JOIN[0].text, MANAGE[0].text] == [
        (OPERATIONS / f"{name}.graphql").read_text() for name in ("join", "manage")
    ]
