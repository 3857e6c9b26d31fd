"""Each door that changes something answers with a token, and who brings it sees the change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx

from tests.graphql.live.reading import EVENTS
from tests.graphql.live.socket_client import initialised
from tests.replicas.conftest import Cluster, serving_at_a_standby
from tests.replicas.doors import (
    CONSISTENCY,
    NUMBERS,
    ORIGIN,
    TOKEN,
    Site,
    assert_readable_by_pages,
)

RENAME = """mutation {
  updateUserGroup(input: {id: %s, displayName: "Larks"}) { userGroup { displayName } }
}"""
CREATE = 'mutation { createUserGroup(input: {displayName: "Owls"}) { userGroup { id } } }'


async def test_each_change_by_json_api_is_seen_with_its_token(cluster: Cluster, site: Site) -> None:
    """A group from its beginning to its end, while the standby hears of nothing."""
    lead, guest, invited = (next(NUMBERS) for _ in range(3))

    async def ask(
        method: str, path: str, who: int, body: Any = None, **headers: str
    ) -> httpx.Response:
        headers = {**site.signed_in(who), **ORIGIN, **headers}
        url = f"{site.root}/api{path}"
        response = await site.client.request(method, url, json=body, headers=headers)
        assert_readable_by_pages(response.headers)
        return response

    async def seen(group: str, **headers: str) -> tuple[str, ...]:
        """What its admin is answered about the group and its memberships."""
        paths = (f"/user_groups/{group}", f"/memberships?user_group_id={group}")
        answers = [await ask("GET", path, lead, **headers) for path in paths]
        for answer in answers:
            assert CONSISTENCY not in answer.headers
            assert (TOKEN in answer.headers) == bool(headers)
        return tuple(answer.text for answer in answers)

    async with cluster.paused(cluster.standby_urls[0]):
        body: Any = {"user_groups": {"display_name": "Night owls"}}
        created = await ask("POST", "/user_groups", lead, body)
        group = created.json()["user_groups"][0]
        path, before = f"/user_groups/{group['id']}", await seen(group["id"])
        tokens = [created.headers[TOKEN]]
        states = [before, await seen(group["id"], **{TOKEN: tokens[-1]})]
        assert states[0] != states[1]

        async def change(
            method: str, path: str, who: int, body: Any = None, *, tagged: bool = True
        ) -> Any:
            """Change something in the state that the newest token stands for."""
            headers = {TOKEN: tokens[-1]}
            if tagged:
                headers["if-match"] = (await ask("GET", path, who, **headers)).headers["etag"]
            answer = await ask(method, path, who, body, **headers)
            assert answer.is_success, answer.text
            tokens.append(answer.headers[TOKEN])
            states.append(await seen(group["id"], **{TOKEN: tokens[-1]}))
            assert states[-1] not in states[:-1]
            assert await seen(group["id"]) == before
            return answer.json() if answer.content else None

        await change("PUT", path, lead, {"user_groups": {"display_name": "Day owls"}})
        links = {"user": guest, "user_group": group["id"]}
        body = {"memberships": {"join_token": group["join_token"], "links": links}}
        (joined,) = (await change("POST", "/memberships", guest, body, tagged=False))["memberships"]
        membership = f"/memberships/{joined['id']}"
        await change("PUT", membership, lead, {"memberships": {"roles": ["group_admin"]}})
        await change("DELETE", membership, guest)
        users = f"{path}/links/users"
        await change("POST", users, lead, {"users": [invited]}, tagged=False)
        await change("DELETE", f"{users}/{invited}", lead, tagged=False)
        await change("DELETE", path, lead)


async def test_a_mutation_is_answered_with_a_token_in_every_form(
    cluster: Cluster, site: Site
) -> None:
    number = next(NUMBERS)
    credentials = site.signed_in(number)
    one = {"query": CREATE}
    deferred = {"query": CREATE.replace("id }", "id } ... @defer { userGroup { name } }")}
    async with cluster.paused(cluster.standby_urls[0]):
        for body, accept in (
            (one, "application/json"),
            ([one, one], "application/json"),
            (one, EVENTS),
            (one, "multipart/mixed"),
            (deferred, "multipart/mixed"),
        ):
            headers = {**credentials, **ORIGIN, "accept": accept}
            answer = await site.client.post(site.server.url, json=body, headers=headers)
            assert answer.is_success, answer.text
            assert_readable_by_pages(answer.headers)
            found = re.findall(r'"userGroup":{"id":"(\d+)"', answer.text)
            assert found, answer.text
            await assert_there(site, number, found[-1], answer.headers[TOKEN])
        async with initialised(site.server, credentials) as socket:
            answer = await socket.answer(CREATE)
            group = answer["data"]["createUserGroup"]["userGroup"]["id"]
            token = answer["extensions"]["consistencyToken"]
            await assert_there(site, number, group, token)


async def test_what_follows_a_mutation_in_its_batch_sees_the_change(
    cluster: Cluster, site: Site
) -> None:
    credentials = site.signed_in(next(NUMBERS))
    groups = {"query": "{ me { memberships(first: 5) { nodes { roles } } } }"}
    async with cluster.paused(cluster.standby_urls[0]):
        batch = [{"query": CREATE}, groups]
        answer = await site.client.post(site.server.url, json=batch, headers=credentials)
    assert answer.json()[0]["data"]["createUserGroup"]["userGroup"]["id"]
    (found,) = answer.json()[1]["data"]["me"]["memberships"]["nodes"]
    assert found


async def test_a_mutation_is_not_older_than_what_was_seen_whoever_may_not_ask_the_primary(
    cluster: Cluster, site: Site, tmp_path: Path
) -> None:
    """What was read to decide it was older; what it answers was read after its commit."""
    credentials = site.signed_in(next(NUMBERS))
    never = {"STATS_GATEWAY_PRIMARY_READS_PER_MINUTE": "0"}
    keys = site.server.log.parent / "keys"
    (tmp_path / "keys").symlink_to(keys)
    with serving_at_a_standby(cluster, tmp_path, **never) as server:
        created = await site.client.post(server.url, json={"query": CREATE}, headers=credentials)
        group = created.json()["data"]["createUserGroup"]["userGroup"]["id"]
        await cluster.caught_up()
        async with cluster.paused(cluster.standby_urls[0]):
            token = await site.store(9_000_001, next(NUMBERS))
            rename = RENAME % group
            headers = {**credentials, TOKEN: token}
            renamed = await site.client.post(server.url, json={"query": rename}, headers=headers)
    (content,) = renamed.json()["data"].values()
    assert content["userGroup"]["displayName"] == "Larks"
    assert renamed.headers[TOKEN]
    assert CONSISTENCY not in renamed.headers


async def assert_there(site: Site, member: int, group: str, token: str) -> None:
    """The member sees a group with the token, and not without."""
    query = {"query": f"{{ userGroup(id: {group}) {{ __typename }} }}"}
    for headers, found in (({TOKEN: token}, {"__typename": "UserGroup"}), ({}, None)):
        headers |= site.signed_in(member)
        answer = await site.client.post(site.server.url, json=query, headers=headers)
        assert answer.json()["data"] == {"userGroup": found}


async def test_a_token_shows_a_stranger_nothing(cluster: Cluster, site: Site) -> None:
    """Not even that the group is there, whose creation it is the token of."""
    credentials = site.signed_in(next(NUMBERS))
    async with cluster.paused(cluster.standby_urls[0]):
        created = await site.client.post(
            site.server.url, json={"query": CREATE}, headers=credentials
        )
        group = created.json()["data"]["createUserGroup"]["userGroup"]["id"]
        found = []
        for number in (group, str(10**9)):
            answers = [
                await site.client.get(f"{site.root}{path}", headers={TOKEN: created.headers[TOKEN]})
                for path in (
                    f"/api/user_groups/{number}",
                    f"/classifications/user_groups/{number}",
                    f"/graphql?query={{userGroup(id:{number}){{__typename}}}}",
                )
            ]
            found.append(
                [
                    (one.status_code, sorted(one.headers.keys()), one.text.replace(number, "…"))
                    for one in answers
                ]
            )
    assert found[0] == found[1]
    assert {status for status, _, _ in found[0]} == {404, 200}
