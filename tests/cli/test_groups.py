"""``groups``: what site operators do with groups, as site admins who are nobody's member."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.auth.viewer import Viewer
from gateway.cli import main
from gateway.db import open_database
from gateway.groups.commands import AcceptInvitation, Join, Leave
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.service import GroupService
from tests.events_of import classification, store

USERS = [
    {"id": 1, "login": "ada", "display_name": "Ada"},
    {"id": 2, "login": "ben"},
    {"id": 3, "login": "cleo"},
]

Run = Callable[..., Result]


@pytest.fixture
def cli(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a database that knows three people."""
    monkeypatch.setenv("STATS_GATEWAY_DATABASE_URL", database_url)
    monkeypatch.setenv("STATS_GATEWAY_GROUPS", "own")

    def run(*words: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], input=stdin)

    loaded = run("directory", "load", "-", stdin=json.dumps({"users": USERS}))
    assert loaded.exit_code == 0, loaded.output
    return run


@pytest.fixture
def act(database_url: str) -> Callable[[Any, int], None]:
    """Carries out a command of a user."""

    def act(command: Any, user_id: int) -> None:
        async def work() -> None:
            async with open_database(database_url) as database:
                await GroupService(database).run(command, Viewer(user_id))

        asyncio.run(work())

    return act


@pytest.fixture
def group(cli: Run) -> int:
    created = cli("groups", "create", "--display-name", "Night moths", "--admin", "Ada", "--json")
    assert created.exit_code == 0, created.output
    group_id: int = json.loads(created.stdout)["id"]
    return group_id


def told(cli: Run, *words: object) -> Any:
    result = cli("groups", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_group_is_created_for_somebody_who_leads_it(cli: Run, group: int) -> None:
    assert told(cli, "list") == [
        {
            "id": group,
            "name": "night_moths",
            "display_name": "Night moths",
            "stats_visibility": "private_agg_only",
            "state": "active",
            "authority": "gateway",
            "members": 1,
            "admins": 1,
        }
    ]
    assert told(cli, "admins", group) == [{"id": 1, "login": "ada", "display_name": "Ada"}]


def test_people_read_tables(cli: Run, group: int) -> None:
    assert cli("groups", "list").stdout.splitlines() == [
        "ID  NAME         DISPLAY NAME  LEVEL             STATE   AUTHORITY  MEMBERS  ADMINS",
        f"{group}   night_moths  Night moths   private_agg_only  active  gateway    1        1",
    ]
    assert cli("groups", "admins", group).stdout.splitlines() == [
        "ID  LOGIN  DISPLAY NAME",
        "1   ada    Ada",
    ]
    said = cli("groups", "create", "--display-name", "B", "--name", "b", "--admin", 2)
    assert said.stdout == f"Created the group {group + 1}.\n"


def test_without_groups_a_list_says_so(cli: Run) -> None:
    assert cli("groups", "list").stdout == "There are no groups.\n"
    assert told(cli, "list") == []


def test_what_moves_a_terminals_cursor_is_not_printed(cli: Run) -> None:
    name = "a\x1b[2Jb\u202ec"
    document = {"user_groups": [{"id": 9, "display_name": name}]}
    cli("directory", "load", "-", stdin=json.dumps(document))
    assert "a?[2Jb?c" in cli("groups", "list").stdout
    assert told(cli, "list")[0]["display_name"] == name


def test_a_group_is_deactivated_and_goes_on(cli: Run, group: int) -> None:
    words = ("deactivate", "deactivate", "reactivate", "reactivate")
    assert [cli("groups", word, group).stdout for word in words] == [
        f"The group {group} is deactivated.\n",
        f"The group {group} was deactivated already.\n",
        f"The group {group} is active again.\n",
        f"The group {group} was active already.\n",
    ]
    (shown,) = told(cli, "list")
    assert (shown["state"], shown["members"], shown["admins"]) == ("active", 1, 1)
    cli("groups", "deactivate", group)
    (shown,) = told(cli, "list")
    assert (shown["state"], shown["members"], shown["admins"]) == ("inactive", 0, 0)
    assert cli("groups", "admins", group).stdout == f"The group {group} has no admin.\n"


def test_a_link_that_is_rotated_is_printed_and_the_old_one_is_dead(
    cli: Run, group: int, act: Callable[[Any, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (cli("groups", "rotate-link", group).stdout.strip() for _ in range(2))
    assert len(old) == len(new) == 32
    with pytest.raises(GroupRefusal) as refused:
        act(Join(group, old), 2)
    assert refused.value.refusal is RefusalCode.JOIN_TOKEN_INVALID
    act(Join(group, new), 2)
    assert told(cli, "list")[0]["members"] == 2

    page = "https://example.org/groups/{id}?a=1"
    monkeypatch.setenv("STATS_GATEWAY_GROUP_PAGE_URL", page)
    link = cli("groups", "rotate-link", group).stdout.strip()
    address, _, token = link.partition("#join_token=")
    assert address == f"https://example.org/groups/{group}?a=1"
    act(Join(group, token), 3)


def test_no_other_command_prints_a_token(cli: Run, group: int) -> None:
    token = cli("groups", "rotate-link", group).stdout.strip()
    printed = [
        cli("groups", "list"),
        cli("groups", "list", "--json"),
        cli("groups", "admins", group, "--add", "ben"),
        cli("groups", "deactivate", group),
        cli("groups", "reactivate", group),
        cli("groups", "create", "--display-name", "C", "--admin", 1),
        cli("groups", "backfill", "--group", group),
        cli("directory", "dump"),
    ]
    assert [one.exit_code for one in printed] == [0] * len(printed)
    assert token not in "".join(one.output for one in printed)


def test_a_member_becomes_an_admin_and_a_stranger_is_invited_to_be_one(
    cli: Run, group: int, act: Callable[[Any, int], None]
) -> None:
    act(Join(group, cli("groups", "rotate-link", group).stdout.strip()), 2)
    added = cli("groups", "admins", group, "--add", "ben")
    assert added.stdout.splitlines()[0] == f"User 2 is an admin of the group {group}."
    for _ in range(2):
        invited = cli("groups", "admins", group, "--add", "cleo", "--json")
        assert invited.stderr == "User 3 is invited, and becomes an admin by accepting.\n"
        assert [one["id"] for one in json.loads(invited.stdout)] == [1, 2]
    act(AcceptInvitation(group), 3)
    assert [one["login"] for one in told(cli, "admins", group)] == ["ada", "ben", "cleo"]
    # Whoever is left alone may go now.
    act(Leave(group), 1)


def test_the_history_tells_what_operators_did_and_names_nobody(cli: Run, group: int) -> None:
    cli("groups", "deactivate", group)
    changes = json.loads(cli("directory", "dump").stdout)["group_changes"]
    assert [change["kind"] for change in changes] == ["created", "deactivated"]
    assert not any("actor_id" in change for change in changes)


def test_a_backfill_that_adds_nothing_is_not_in_the_history(
    cli: Run, group: int, database_url: str
) -> None:
    def history() -> list[tuple[str, int | None]]:
        changes = json.loads(cli("directory", "dump").stdout)["group_changes"]
        return [(change["kind"], change.get("subject_id")) for change in changes]

    async def work() -> None:
        async with open_database(database_url) as database:
            await store(database, classification(1, user=1), classification(2, user=1))

    cli("groups", "backfill", "--group", group)
    assert history() == [("created", None)]
    asyncio.run(work())
    done = cli("groups", "backfill", "--group", group, "--user", "ada")
    # Which was counted up to the first backfill already.
    assert done.stdout == f"0 classifications added to group {group}.\n"
    assert history() == [("created", None)]


def test_a_backfill_that_counts_something_is_in_the_history(
    cli: Run, group: int, database_url: str
) -> None:
    async def work() -> None:
        async with open_database(database_url) as database:
            await store(database, classification(1, user=1), classification(2, user=1))

    asyncio.run(work())
    done = cli("groups", "backfill", "--group", group, "--user", "ada")
    assert done.stdout == f"2 classifications added to group {group}.\n"
    changes = json.loads(cli("directory", "dump").stdout)["group_changes"]
    assert [(one["kind"], one.get("subject_id")) for one in changes] == [
        ("created", None),
        ("backfilled", 1),
    ]


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["deactivate", 99], 1, "There is no group with the id 99."),
        (["reactivate", 99], 1, "There is no group with the id 99."),
        (["rotate-link", 99], 1, "There is no group with the id 99."),
        (["admins", 99], 1, "There is no group with the id 99."),
        (["admins", 99, "--add", "ada"], 1, "There is no group with the id 99."),
        (["admins", 1, "--add", "eve"], 1, "There is no user with the login 'eve'."),
        (["admins", 1, "--add", 77], 1, "There is no such user."),
        (["create", "--display-name", "X", "--admin", 77], 1, "There is no such user."),
        (["create", "--display-name", "X", "--name", "night_moths", "--admin", 1], 1, None),
        (["create", "--display-name", "", "--admin", 1], 1, None),
        (["create", "--display-name", "X"], 2, None),
        (["create", "--display-name", "X", "--admin", 1, "--level", "open"], 2, None),
        (["deactivate", 0], 2, None),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    cli: Run, group: int, words: list[object], status: int, sentence: str | None
) -> None:
    before = cli("directory", "dump").stdout
    result = cli("groups", *words)
    assert (result.exit_code, result.stdout) == (status, "")
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr
    if sentence:
        assert result.stderr == f"Error: {sentence}\n"
    assert cli("directory", "dump").stdout == before


@pytest.mark.parametrize(
    "words",
    [
        ["create", "--display-name", "X", "--admin", 1],
        ["deactivate", 1],
        ["reactivate", 1],
        ["rotate-link", 1],
        ["admins", 1, "--add", "ben"],
    ],
)
def test_where_groups_are_off_nothing_is_changed(
    cli: Run, group: int, words: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cli("directory", "dump").stdout
    monkeypatch.delenv("STATS_GATEWAY_GROUPS")
    result = cli("groups", *words)
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: STATS_GATEWAY_GROUPS is off: set it to own, here and for the server, to change"
        " groups at this gateway.\n"
    )
    assert cli("directory", "dump").stdout == before
    assert cli("groups", "list").exit_code == cli("groups", "admins", group).exit_code == 0


def test_a_group_of_a_file_becomes_the_gateways_when_it_is_changed(cli: Run) -> None:
    member = {"user_group_id": 9, "login": "ben", "state": "active", "roles": ["group_member"]}
    document = {"user_groups": [{"id": 9}], "memberships": [member]}
    cli("directory", "load", "-", stdin=json.dumps(document))
    cli("groups", "admins", 9, "--add", "ben")
    (shown,) = told(cli, "list")
    assert (shown["authority"], shown["admins"]) == ("gateway", 1)
    refused = cli("directory", "load", "-", stdin=json.dumps(document))
    assert refused.exit_code == 1


@pytest.mark.parametrize(
    ("words", "told_of"),
    [
        ([], ["create", "list", "deactivate", "reactivate", "admins", "rotate-link", "backfill"]),
        (["create"], ["--display-name", "--name", "--level", "--admin", "--json"]),
        (["admins"], ["--add", "--json", "ID|LOGIN"]),
        (["rotate-link"], ["STATS_GATEWAY_GROUP_PAGE_URL", "can join"]),
    ],
)
def test_help_tells_what_there_is(words: list[str], told_of: list[str]) -> None:
    result = CliRunner().invoke(main, ["groups", *words, "--help"])
    assert result.exit_code == 0
    assert [word for word in told_of if word not in result.stdout] == []
