"""What strangers, former members and machines try at the doors of groups that are hidden or led.

Each test is a row of the table of attacks, over HTTP with real tokens: through GraphQL and through
JSON:API. ``docs/security.md`` names them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.db import Database
from gateway.db.group_tables import group_change, wrong_join
from gateway.db.tables import membership, user_group
from gateway.directory.load import load_directory
from gateway.errors import GatewayError
from gateway.groups.commands import (
    Command,
    DeactivateGroup,
    Invite,
    Join,
    ReactivateGroup,
    RemoveMembers,
    SetRole,
    UpdateGroup,
    UpdateJoinLink,
)
from tests.authorization.public_questions import told
from tests.graphql.copies import URL
from tests.groups.people import ADA, BEN, CLEO, DAN, Town
from tests.groups.processes import Processes, Task
from tests.groups.test_links import statements
from tests.groups.test_races import processes  # noqa: F401 (a fixture)
from tests.resolvers.mutations.conftest import people, stored  # noqa: F401 (fixtures)
from tests.resolvers.mutations.village import PEOPLE, Village, mutation

API = "http://gateway/api"
WRONG = "0" * 32
#: Ids are as long as this one where a test has loaded the other: answers are equal to the byte.
UNKNOWN, LAST = "987654321", 987_600_000
#: Spellings of an id that are none.
SMUGGLED = (
    *("0{}", "{}.0", "\u0661", "{},8", "-{}", " {}", "{}\u0000", "0", ""),
    "9223372036854775808",
)
#: Every mutation about a group that there is, and the rest of its input.
MUTATIONS: dict[str, dict[str, Any]] = {
    "updateUserGroup": {"displayName": "Mine"},
    "deactivateUserGroup": {},
    "reactivateUserGroup": {},
    "joinUserGroup": {"joinToken": WRONG},
    "leaveUserGroup": {},
    "inviteToUserGroup": {"userIds": ["4"]},
    "acceptInvitation": {},
    "declineInvitation": {},
    "removeMembers": {"userIds": ["1"]},
    "setMemberRole": {"userId": "1", "role": "GROUP_MEMBER"},
    "updateJoinLink": {"rotate": True},
}
QUERIES = (
    "{ userGroup(id: %s) { id } }",
    "{ userGroup(id: %s) { joinLink { token } history { totalCount } } }",
    "{ userGroup(id: %s) { membershipCounts { active } viewerPermissions { leave edit } } }",
    "{ userGroup(id: %s) { viewerMembership { state } revision } }",
    "{ userGroupsByIds(ids: [%s]) { id } }",
    '{ _entities(representations: [{__typename: "UserGroup", id: "%s"}]) { __typename } }',
)


async def api(
    village: Village, who: str, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    sent = {**village.headers[who], **{k.replace("_", "-"): v for k, v in headers.items()}}
    return await village.client.request(method, f"{API}{path}", json=body, headers=sent)


async def rows(database: Database, table: Any) -> list[Any]:
    async with database.read() as snapshot:
        return [tuple(row) for row in await snapshot.fetch(table.select().order_by("id"))]


async def everything(database: Database) -> list[list[Any]]:
    return [await rows(database, table) for table in (user_group, membership, group_change)]


async def test_tokens_cannot_be_tried_out_by_turns_at_processes(
    town: Town,
    database_url: str,
    processes: Processes,  # noqa: F811
) -> None:
    """Ten wrong ones a minute for a volunteer, wherever they are sent; nobody else is stopped."""
    group = await town.group(ADA)
    token = await town.token(group)
    wrong = [(Join(group, WRONG), BEN), (Join(int(UNKNOWN), token), BEN)] * 3
    told_of = [
        each for one in processes.run(database_url, Task(wrong), Task(wrong)) for each in one or ()
    ]
    assert sorted(told_of) == ["JOIN_TOKEN_INVALID"] * 10 + ["RATE_LIMITED"] * 2
    right = (Join(group, token), BEN)
    (then,) = processes.run(database_url, Task([right, *wrong[:2], (Join(group, token), CLEO)]))
    assert then == ["RATE_LIMITED"] * 3 + ["changed"]
    (counted,) = await town.rows(wrong_join)
    assert (counted["user_id"], counted["number"]) == (BEN.id, 10)


async def test_a_hidden_group_and_an_unknown_one_are_refused_in_the_same_bytes(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
) -> None:
    last = {"user_groups": [{"id": LAST, "name": "last"}]}
    await stored.write(lambda connection: load_directory(connection, last))
    group, token = await people.create("ada", "ben")
    assert len(group) == len(UNKNOWN)
    await people.do("ben", "leaveUserGroup", id=group)
    before = await everything(stored)
    for who in ("nobody", "cleo", "ben"):
        for name, given in MUTATIONS.items():
            answers = []
            for one in (group, UNKNOWN):
                sent = await people.post(who, mutation(name), input={"id": one, **given})
                answers.append((_without(sent, one), told(sent)))
            if who == "ben" and name == "leaveUserGroup":
                # What one has left is no secret to oneself.
                assert "NOT_A_MEMBER" not in answers[0][0]
                continue
            assert answers[0] == answers[1], (who, name)
        for query in QUERIES:
            answers = []
            for one in (group, UNKNOWN):
                sent = await people.post(who, query % one)
                answers.append((_without(sent, one), told(sent)))
            assert answers[0] == answers[1], (who, query)
    assert await everything(stored) == before
    # With the token it is no secret: it is what opens the group.
    assert await people.do("cleo", "joinUserGroup", id=group, joinToken=token)


def _without(sent: httpx.Response, group: str) -> str:
    return sent.text.replace(group, "#")


async def test_a_hidden_group_takes_as_many_statements_as_an_unknown_one(town: Town) -> None:
    """Whatever is tried: nothing more is read, and nothing is compared that takes longer."""
    hidden = await town.group(ADA, BEN)
    ended = await town.group(ADA, BEN)
    await town.run(DeactivateGroup(ended), ADA)

    def commands(group_id: int) -> list[Command]:
        return [
            UpdateGroup(group_id, "Mine"),
            DeactivateGroup(group_id),
            ReactivateGroup(group_id),
            Invite(group_id, (4,)),
            RemoveMembers(group_id, (1,)),
            SetRole(group_id, 1, "group_member"),
            UpdateJoinLink(group_id, rotate=True),
        ]

    for viewer in (CLEO, DAN):
        found = []
        for group_id in (hidden, ended, int(UNKNOWN)):
            told_of = []
            for command in commands(group_id):
                with statements() as ran, pytest.raises(GatewayError) as caught:
                    await town.run(command, viewer)
                message = caught.value.message.replace(str(group_id), "#")
                told_of.append((caught.value.code, message, ran))
            found.append(told_of)
        assert found[0] == found[1] == found[2]


async def test_a_name_that_is_taken_tells_no_more_than_that(people: Village) -> None:  # noqa: F811
    """Names are no secrets, as logins are none: one answer for hidden, ended, open, and people."""
    names = ["hidden-one", "open-one", "ended-one"]
    for name, level in zip(names, ("PRIVATE_AGG_ONLY", "PUBLIC_SHOW_ALL", None), strict=True):
        said = {} if level is None else {"statsVisibility": level}
        group, _ = await people.create("ada", name=name, **said)
        if level is None:
            await people.do("ada", "deactivateUserGroup", id=group)
    answers, refused = set(), set()
    for name in (*names, "HIDDEN-ONE", "cleo"):
        given = {"displayName": "Mine", "name": name}
        sent = await people.post("ben", mutation("createUserGroup"), input=given)
        answers.add(sent.text)
        body = {"user_groups": {"display_name": "Mine", "name": name}}
        same = await api(people, "ben", "POST", "/user_groups", body)
        refused.add((same.status_code, same.text))
    assert len(answers) == len(refused) == 1
    assert "NAME_TAKEN" in answers.pop()
    assert refused.pop()[0] == 400


async def test_machines_strangers_and_tokens_of_others_change_nothing(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
    tmp_path: Path,
) -> None:
    """No token, one that has expired, one of another issuer, one that is altered, a cookie."""
    group, token = await people.create("ada", "ben")
    foreign = write_new_keys(tmp_path / "foreign").private.read_bytes()
    own = (tmp_path / "keys" / "private.pem").read_bytes()
    now = datetime.now(UTC)
    good = people.headers["ada"]["authorization"]
    tokens = {
        "other issuer": issue_token(foreign, 1, "ada", "Ada", False, now + timedelta(days=1)),
        "expired": issue_token(own, 1, "ada", "Ada", False, now - timedelta(days=1)),
        "altered": good.removeprefix("Bearer ")[:-4] + "AAAA",
    }
    people.headers |= {k: {"authorization": f"Bearer {v}"} for k, v in tokens.items()}
    people.headers["cookie"] = {"cookie": f"token={good}; authorization={good}"}
    before = await everything(stored)
    links = {"user": "1", "user_group": group}
    for who in (*tokens, "cookie", "nobody"):
        body = {"query": mutation("updateUserGroup"), "variables": {"input": {"id": group}}}
        sent = await people.client.post(URL, json=body, headers=people.headers[who])
        (error,) = sent.json()["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED", (who, sent.text)
        for method, path, given in (
            ("POST", "/user_groups", {"user_groups": {"display_name": "Mine"}}),
            ("PUT", f"/user_groups/{group}", {"user_groups": {"display_name": "Mine"}}),
            ("DELETE", f"/user_groups/{group}", None),
            ("POST", "/memberships", {"memberships": {"join_token": token, "links": links}}),
        ):
            answer = await api(people, who, method, path, given, if_match="*")
            assert answer.status_code == 401, (who, method, path)
    assert await everything(stored) == before


async def test_no_form_of_another_site_and_no_get_changes_anything(
    people: Village,  # noqa: F811
    stored: Database,  # noqa: F811
) -> None:
    group, _ = await people.create("ada", "ben")
    before = await everything(stored)
    end = f"mutation {{ deactivateUserGroup(input: {{id: {group}}}) {{ changed }} }}"
    ada, client = people.headers["ada"], people.client
    got = await client.get(URL, params={"query": end}, headers=ada)
    assert got.status_code == 405
    for media in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        headers = {**ada, "content-type": media, "if-match": "*"}
        body = f'{{"query": "{end}"}}'
        assert (await client.post(URL, content=body, headers=headers)).status_code == 415
        form = '{"user_groups": {"display_name": "Mine"}}'
        for method, path in (
            ("POST", "/user_groups"),
            ("PUT", f"/user_groups/{group}"),
            ("POST", f"/user_groups/{group}/links/users"),
            ("POST", "/memberships"),
        ):
            sent = await client.request(method, f"{API}{path}", content=form, headers=headers)
            assert sent.status_code == 415, (media, path)
    for query in ("_method=DELETE", "admin=1&_method=PUT", "user_groups[display_name]=Mine"):
        headers = {"x_http_method_override": "DELETE", "if_match": "*"}
        read = await api(people, "ada", "GET", f"/user_groups/{group}?{query}", **headers)
        assert read.status_code == 200
    assert await everything(stored) == before


async def test_another_spelling_of_an_id_names_no_group_and_nobody(
    people: Village,  # noqa: F811
) -> None:
    group, _ = await people.create("ada", "ben")
    for smuggled in SMUGGLED:
        spelled = smuggled.replace("{}", group)
        for name, given in MUTATIONS.items():
            code = await people.error("ada", name, id=spelled, **given)
            assert code == "INVALID_ARGUMENT", name
        spelled = smuggled.replace("{}", str(PEOPLE["ben"]))
        for name, named in (
            ("removeMembers", {"userIds": [spelled]}),
            ("inviteToUserGroup", {"userIds": [spelled]}),
            ("setMemberRole", {"userId": spelled, "role": "GROUP_ADMIN"}),
            ("leaveUserGroup", {"successorId": spelled}),
        ):
            assert await people.error("ada", name, id=group, **named) == "INVALID_ARGUMENT", name
