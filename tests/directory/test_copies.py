"""A copy of the directory, loaded beside the same events, says and counts the same."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from gateway.db import Database, open_database
from gateway.db.group_tables import (
    group_change,
    group_join_link,
    group_tenure,
    membership_span,
)
from gateway.db.rollup_sets import GROUP
from gateway.db.tables import (
    backfill,
    membership,
    user,
    user_group,
)
from gateway.directory.dump import dump_directory
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from gateway.directory.name_sources import WORKFLOWS, override_events
from gateway.directory.store_names import store_names
from gateway.errors import Conflict, UnreadableFile
from gateway.events.event import Names
from gateway.rollups.backfill import backfill as count_earlier
from gateway.rollups.spans import begin_tenure, change_instant, close_spans, open_spans
from tests.copies import contents, dumped, is_sound, rows
from tests.events_of import classification, store
from tests.logged import logged

TOKEN = "0123456789abcdef" * 2
#: Group 7 was made here, 8 comes from a file, 9 from Panoptes.
DOCUMENT: dict[str, Any] = {
    "users": [
        {"id": 1, "login": "ada", "display_name": "Ada"},
        {"id": 2, "display_name": "Bob"},
        {"id": 3},
    ],
    "user_groups": [
        {
            "id": 7,
            "name": "here",
            "display_name": "Héré 🐈",
            "stats_visibility": "public_show_all",
            "authority": "gateway",
            "revision": 12,
            "state": "active",
            "created_at": "2024-01-01T00:00:00.000001Z",
            "updated_at": "2024-03-01T00:00:00Z",
            "description": "line\nline",
            "open_access": False,
        },
        {"id": 8, "name": "filed", "private": True, "authority": "file", "revision": 1},
        {"id": 9, "name": "far", "state": "inactive", "authority": "panoptes", "revision": 2},
    ],
    "memberships": [
        {
            "user_group_id": 7,
            "user_id": 1,
            "state": "active",
            "roles": ["group_admin"],
            "id": 41,
            "revision": 3,
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-02-01T00:00:00Z",
        },
        {
            "user_group_id": 7,
            "user_id": 2,
            "state": "inactive",
            "roles": ["group_member"],
            "id": 40,
            "revision": 9,
            "ended_by": "declined",
            "no_invitations": True,
        },
        {
            "user_group_id": 8,
            "user_id": 3,
            "state": "active",
            "roles": ["group_member", "tester"],
            "id": 42,
            "revision": 1,
        },
    ],
    "projects": [{"id": 11, "slug": "zoo/cats"}],
    "workflows": [
        {"id": 101, "project_id": 11, "active": True, "completeness": 0.1},
        {"id": 102, "project_id": None, "from_events": {}},
    ],
    "group_tenures": [
        {"user_group_id": 7, "from": "1970-01-01T00:00:00Z"},
        {"user_group_id": 8, "from": "2024-01-01T00:00:00Z", "until": "2024-02-01T00:00:00Z"},
    ],
    "membership_spans": [
        {"user_group_id": 7, "user_id": 1, "from": "2024-01-01T00:00:00.000001Z"},
        {
            "user_group_id": 7,
            "user_id": 2,
            "from": "2024-01-01T00:00:00Z",
            "until": "2024-02-01T00:00:00.5Z",
        },
    ],
    "group_changes": [
        {
            "id": 5,
            "user_group_id": 7,
            "at": "2024-01-01T00:00:00.000001Z",
            "kind": "created",
            "actor_id": 1,
        },
        {
            "id": 6,
            "user_group_id": 7,
            "at": "2024-01-02T00:00:00Z",
            "kind": "joined",
            "subject_id": 2,
            "details": {"role": "group_member"},
        },
    ],
    "goals": [
        {
            "id": 3,
            "user_group_id": 7,
            "title": "Une première 🦋",
            "metric": "hours",
            "target": 1_000_000_000,
            "project_ids": [11, 2**63 - 1],
            "start": "2016-02-29",
            "end": "2024-02-29",
            "milestones": [1, 500],
            "created_at": "2024-01-01T00:00:00.000001Z",
            "created_by": 1,
            "updated_at": "2024-01-02T00:00:00Z",
            "revision": 4,
        },
        {
            "id": 4,
            "user_group_id": 8,
            "metric": "contributors",
            "target": 1,
            "workflow_ids": [101],
            "start": "2024-01-01",
            "repeats": "month",
            "archived": True,
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-01T00:00:00Z",
            "revision": 1,
        },
        {
            "id": 6,
            "user_id": 2,
            "metric": "comments",
            "target": 10,
            "start": "2024-01-01",
            "repeats": "week",
            "created_at": "2024-01-01T00:00:00Z",
            "created_by": 2,
            "updated_at": "2024-01-01T00:00:00Z",
            "revision": 1,
        },
    ],
    "certificates": [
        {
            "code": f"{1:032x}",
            "user_id": 1,
            "login": "ada",
            "display_name": "Ada 🦋",
            "project_id": 11,
            "project_name": "Cats",
            "start": "2016-02-29",
            "end": "2024-01-01",
            "classifications": 2**53 - 1,
            "milliseconds": 7_200_000,
            "projects": 1,
            "issued_at": "2024-01-01T23:59:59.999999Z",
        },
        {
            "code": "f" * 32,
            "user_id": 2,
            "end": "2023-12-31",
            "classifications": 0,
            "milliseconds": 0,
            "projects": 0,
            "issued_at": "2024-01-01T00:00:00Z",
        },
    ],
    "join_links": [
        {
            "user_group_id": 7,
            "token": TOKEN,
            "enabled": True,
            "created_at": "2024-01-01T00:00:00Z",
            "expires_at": "2030-01-01T00:00:00Z",
            "created_by": 1,
            "generation": 2,
        }
    ],
    "last_ids": [{"kind": "user_group", "id": 30}, {"kind": "membership", "id": 60}],
}
EVENTS = [
    classification(1, "2023-12-31T12:00", user=1),
    classification(2, "2024-01-15T12:00", user=1, groups=(7, 8)),
    classification(3, "2024-01-15T12:00", user=2),
    classification(4, "2024-02-15T12:00", user=2, groups=(7, 8, 9)),
    classification(5, "2024-02-15T12:00", user=3, groups=(8, 9)),
    classification(6, "2024-02-15T12:00", user=4, groups=(9,)),
]


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[Database]:
    """What copies are made of, with everything in it that a copy can tell."""
    async with open_database(f"sqlite:///{tmp_path / 'source.db'}") as opened:
        await opened.migrate()
        await fill(opened)
        yield opened


async def happened(database: Database) -> None:
    """The events, and what they said of names."""
    await store(database, *EVENTS)
    names = Names(
        users={1: "ada-of-events", 2: "bob"},
        projects={11: "Cats", 12: "Dogs"},
        workflows={101: (12, "Count"), 102: (12, "Look"), 103: (12, None)},
    )

    def said(connection: Connection) -> None:
        store_names(connection, names, as_of=1_700_000_000_000_000)
        override_events(connection, WORKFLOWS, "project_id", {103: 13})

    await database.write(said)


async def fill(database: Database) -> None:
    def decide(connection: Connection) -> None:
        load_directory(connection, DOCUMENT)
        count_earlier(connection, 7, [1], 1_704_100_000_000_000)
        # What somebody's token said of them, and no event did.
        store_names(connection, Names(users={5: "eve"}), as_of=1_710_000_000_000_000)
        erase_user(connection, 4)

    await happened(database)
    await database.write(decide)


async def load(database: Database, document: object, **options: bool) -> dict[str, Any]:
    return dict(await database.write(lambda one: load_directory(one, document, **options)))


async def totals(database: Database) -> dict[int, int]:
    table = GROUP.table
    statement = select(table.c.group_id, table.c.n).where(table.c.grain == 3)
    found: dict[int, int] = {}
    async with database.read() as snapshot:
        for group_id, number in await snapshot.fetch(statement):
            found[group_id] = found.get(group_id, 0) + number
    return found


async def test_a_copy_beside_the_same_events_says_and_counts_the_same(
    source: Database, database: Database
) -> None:
    document = await dumped(source)
    await happened(database)
    await load(database, json.loads(document))

    assert await contents(database, group_join_link) == await contents(source, group_join_link)
    assert await dumped(database) == document
    assert await is_sound(database)


async def test_what_is_loaded_a_second_time_changes_nothing(
    source: Database, database: Database
) -> None:
    document = json.loads(await dumped(source))
    await happened(database)
    await load(database, document)
    async with logged(database) as changed:
        counts = await load(database, document, replace_local=True)
    assert changed == set()
    assert {name: count.changed for name, count in counts.items()} == dict.fromkeys(counts, 0)
    assert await dumped(database) == await dumped(source)


async def test_events_after_a_copy_are_counted_as_if_they_had_come_before(
    source: Database, database: Database
) -> None:
    await load(database, json.loads(await dumped(source)))
    await happened(database)
    after, before = await contents(database), await contents(source)
    # An importer's word holds until events say otherwise, so here it comes first.
    for name in ("workflow", "workflow_sayings"):
        del after[name], before[name]
    assert after == before


async def test_without_tokens_a_copy_has_all_but_join_links(
    source: Database, database: Database
) -> None:
    document = await dumped(source, tokens=False)
    assert TOKEN.encode() not in document
    assert TOKEN.encode() in await dumped(source)
    await happened(database)
    await load(database, json.loads(document))
    assert await contents(database) == await contents(source)
    assert await rows(database, group_join_link) == []


async def test_a_copy_without_tokens_leaves_links_as_they_are(source: Database) -> None:
    links = await rows(source, group_join_link)
    document = json.loads(await dumped(source, tokens=False))
    await load(source, document, replace_local=True)
    assert await rows(source, group_join_link) == links != []


async def test_groups_that_are_led_here_are_refused_by_id_and_nothing_is_stored(
    source: Database,
) -> None:
    before = await contents(source)
    plain = {"users": [{"id": 1, "login": "eva"}], "user_groups": [{"id": 7}, {"id": 8}]}
    members = {"memberships": [{"user_group_id": 7, "user_id": 3, "state": "active"}]}
    for document in (plain, members, json.loads(await dumped(source))):
        with pytest.raises(Conflict) as refused:
            await load(source, document)
        assert refused.value.code == "CONFLICT"
        assert refused.value.message == (
            "This gateway decides about the group 7, so nothing was stored. With --take-over the"
            " file replaces it, and decides about it from now on."
        )
    assert await contents(source) == before


async def test_a_file_that_takes_a_group_over_changes_no_total(database: Database) -> None:
    await fill(database)
    before = await totals(database)
    await load(database, {"user_groups": [{"id": 7, "name": "new"}]}, replace_local=True)

    assert await totals(database) == before
    assert await is_sound(database)
    (group, *_) = await rows(database, user_group)
    assert group[:2] == (7, "new")
    assert group[5] == "file"
    assert [row[3] is None for row in await rows(database, membership_span)] == [False, False]
    assert [row[2] is None for row in await rows(database, group_tenure)] == [False, False]
    assert (await rows(database, group_change))[-1][5:] == ("taken_over", '{"authority":"file"}')
    # From now on what events carry counts, and no span does.
    await store(database, classification(90, "2027-01-01T12:00", user=1))
    await store(database, classification(91, "2027-01-01T12:00", user=3, groups=(7,)))
    assert (await totals(database))[7] == before[7] + 1
    assert await is_sound(database)


async def test_a_file_that_says_nothing_new_of_a_group_is_logged_where_it_takes_it_over(
    database: Database,
) -> None:
    await fill(database)
    same = {"user_groups": [{"id": 7, "name": "here"}]}
    await load(database, same, replace_local=True)

    def lead_again(connection: Connection) -> None:
        connection.execute(update(user_group).values(authority="gateway"))
        begin_tenure(connection, 7, [1], change_instant(connection))

    await database.write(lead_again)
    async with logged(database) as found:
        await load(database, same, replace_local=True)
    assert ("user_group_record", 7) in found


async def test_an_older_copy_puts_a_group_back(database: Database) -> None:
    await fill(database)
    document, before = json.loads(await dumped(database)), await contents(database)
    revision = (await rows(database, user_group))[0][6]

    def go_on(connection: Connection) -> None:
        at = change_instant(connection)
        close_spans(connection, 7, [1], at)
        open_spans(connection, 7, [3], at)
        begin_tenure(connection, 9, [3], at)
        count_earlier(connection, 7, [3], 1_800_000_000_000_000)

    await database.write(go_on)
    await load(
        database,
        {
            "user_groups": [{"id": 7, "name": "renamed"}],
            "memberships": [{"user_group_id": 7, "user_id": 3, "state": "active"}],
        },
        replace_local=True,
    )
    assert (await totals(database))[7] > 0
    await load(database, document, replace_local=True)

    after = await contents(database)
    groups, known = after.pop("user_group"), before.pop("user_group")
    assert [row[:6] for row in groups] == [row[:6] for row in known]
    # Whoever has read a later revision is told that it is another group now.
    assert groups[0][6] > revision
    after.pop("last_id"), before.pop("last_id")
    assert after == before
    assert await is_sound(database)


async def test_histories_whose_ids_others_have_get_new_ones(
    source: Database, database: Database
) -> None:
    other = {"id": 99, "authority": "file", "revision": 1}
    change = {"id": 6, "user_group_id": 99, "at": "2024-01-01T00:00:00Z", "kind": "created"}
    await load(database, {"user_groups": [other], "group_changes": [change]})
    await load(database, json.loads(await dumped(source)))
    kinds = [(row[0], row[1], row[5]) for row in await rows(database, group_change)]
    assert kinds == [(6, 99, "created"), (7, 7, "created"), (8, 7, "joined")]


async def test_who_was_erased_here_does_not_come_back(source: Database, database: Database) -> None:
    await happened(database)
    await database.write(lambda connection: erase_user(connection, 1))
    await load(database, json.loads(await dumped(source)))
    for table in (user, membership, membership_span, backfill):
        column = "id" if table is user else "user_id"
        place = [*table.c.keys()].index(column)
        assert 1 not in {row[place] for row in await rows(database, table)}, table.name
    assert {row[3] for row in await rows(database, group_change)} == {None}
    assert {row[5] for row in await rows(database, group_join_link)} == {None}
    assert await is_sound(database)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"backfills": [{"user_group_id": 1, "user_id": 1, "until": "2024-01-01T00:00:00Z"}]},
            "backfills[0].user_group_id cannot be used: no entry of user_groups tells the"
            " authority of group 1.",
        ),
        (
            {"group_tenures": []},
            "user_groups[0].authority cannot be used: a group has an entry of group_tenures"
            " without an end if the gateway decides about it, and else none.",
        ),
        (
            {"membership_spans": [*DOCUMENT["membership_spans"], DOCUMENT["membership_spans"][0]]},
            "membership_spans[2] cannot be used: it overlaps another one.",
        ),
        (
            {
                "membership_spans": [
                    {
                        "user_group_id": 7,
                        "user_id": 1,
                        "from": "2024-01-01T00:00:00Z",
                        "until": "2024-01-01T00:00:00Z",
                    }
                ]
            },
            "membership_spans[0] cannot be used: it must end after it begins.",
        ),
        (
            {"last_ids": [{"kind": "other", "id": 1}]},
            "last_ids[0].kind cannot be used: Input should be 'user_group', 'membership',"
            " 'group_change' or 'goal'.",
        ),
        ({"join_link": []}, "join_link is not a key that is known."),
    ],
)
async def test_a_copy_that_does_not_hold_together_is_refused(
    source: Database, change: dict[str, Any], sentence: str
) -> None:
    before = await contents(source)
    with pytest.raises(UnreadableFile) as refused:
        await load(source, DOCUMENT | change, replace_local=True)
    assert refused.value.message == sentence
    assert await contents(source) == before


async def test_members_are_named_by_login(database: Database) -> None:
    entry = {"user_group_id": 8, "state": "active", "roles": ["group_member"]}
    await load(database, {"users": [{"id": 1, "login": "Ada"}, {"id": 2, "login": "ADA"}]})
    await load(
        database,
        {
            "users": [{"id": 3, "login": "Bob"}],
            "user_groups": [{"id": 8}],
            "memberships": [entry | {"login": login} for login in ("bob", "ADA", "Ada")],
        },
    )
    assert [row[1] for row in await rows(database, membership)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"login": "nobody"}, "[1].login cannot be used: there is no user with the login 'nobody'"),
        ({"login": "a\n\"'b"}, "[1].login cannot be used: there is no user with the login "),
        (
            {"login": "ada"},
            "[1].login cannot be used: several users have the login 'ada', as 1 and 2; name one"
            " by id.",
        ),
        ({}, "[1] cannot be used: it must have either a user_id or a login."),
        ({"login": "bob", "user_id": 3}, "[1] cannot be used: it must have either a user_id or"),
        ({"login": ""}, "[1].login cannot be used: there is no user with the login ''."),
    ],
)
async def test_a_login_that_is_not_one_user_is_one_sentence(
    database: Database, entry: dict[str, Any], reason: str
) -> None:
    people = [{"id": 1, "login": "Ada"}, {"id": 2, "login": "ADA"}, {"id": 3, "login": "bob"}]
    member = {"user_group_id": 8, "state": "active", "roles": ["group_member"]}
    document = {
        "users": people,
        "user_groups": [{"id": 8}],
        "memberships": [member | {"user_id": 1}, member | entry],
    }
    with pytest.raises(UnreadableFile) as refused:
        await load(database, document)
    assert refused.value.message.startswith(f"memberships{reason}")
    assert await rows(database, user) == await rows(database, membership) == []


async def test_a_directory_of_any_size_is_dumped_a_part_at_a_time(database: Database) -> None:
    many = 25_000
    await load(database, {"users": [{"id": 1 + n, "login": f"user-{n}"} for n in range(many)]})
    parts: list[bytes] = []
    told: list[tuple[str, int, int]] = []
    async with database.read() as snapshot:
        numbers = await dump_directory(
            snapshot, parts.append, lambda *progress: told.append(progress)
        )
    assert numbers["users"] == many
    assert len(json.loads(b"".join(parts))["users"]) == many
    assert max(map(len, parts)) < 2_000_000
    assert [one for one in told if one[0] == "users"] == [
        ("users", done, many) for done in (0, 10_000, 20_000, 25_000)
    ]


async def test_a_revision_grows_with_all_that_everybody_sees_of_a_group(
    database: Database,
) -> None:
    group = {"id": 7, "name": "here", "created_at": "2024-01-01T00:00:00Z"}
    described = group | {"updated_at": "2024-02-01T00:00:00Z"}
    revisions = []
    for said in (group, group, described, described | {"description": "Moths"}, described):
        await load(database, {"user_groups": [said]})
        revisions.append((await rows(database, user_group))[0][6])
    assert revisions == [1, 1, 2, 2, 2]
