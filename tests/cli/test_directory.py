import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, func, select

from gateway.cli import main
from gateway.db import open_database
from gateway.db.rollup_sets import GROUP
from gateway.db.tables import user
from gateway.events.event import Batch, Classification
from gateway.rollups.apply_batch import apply_batch

DOCUMENT = {
    "users": [{"id": 1002, "login": "ada"}, {"id": 1003, "login": "bob"}],
    "user_groups": [{"id": "501", "name": "group-501"}],
    "memberships": [
        {"user_id": 1002, "user_group_id": 501, "state": "active", "roles": ["group_admin"]},
        {"user_id": 1003, "user_group_id": 501, "state": "active", "roles": ["group_member"]},
    ],
    "projects": [{"id": 11}],
    "workflows": [{"id": 101, "project_id": 11}],
}


def command(url: str, *arguments: object) -> Result:
    words = [*(str(argument) for argument in arguments), "--database-url", url]
    return CliRunner().invoke(main, words)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stats.db'}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "directory.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


def logins(url: str) -> list[str | None]:
    async def read() -> list[str | None]:
        async with open_database(url) as database, database.read() as snapshot:
            return [row.login for row in await snapshot.fetch(select(user.c.login))]

    return asyncio.run(read())


def test_loading_creates_the_database_and_ends_with_counts(url: str, file: Path) -> None:
    result = command(url, "directory", "load", file)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "users: 2 (2 new or changed)",
        "user groups: 1 (1 new or changed)",
        "memberships: 2 (2 new or changed)",
        "projects: 1 (1 new or changed)",
        "workflows: 1 (1 new or changed)",
    ]
    assert sorted(filter(None, logins(url))) == ["ada", "bob"]
    assert command(url, "directory", "load", file).stdout.startswith("users: 2 (0 new or changed)")


def test_the_database_is_the_settings_unless_the_option_names_one(
    url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATS_GATEWAY_DATABASE_URL", url)
    assert CliRunner().invoke(main, ["directory", "load", str(file)]).exit_code == 0
    assert len(logins(url)) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, " cannot be read: No such file or directory."),
        (b"{", " is not JSON: "),
        (b"\xff\xfe", " is not JSON: "),
        (b"[]", ": The document cannot be used: "),
        (b'{"users": [{"id": 7, "login": "x"}, {"id": -1}]}', ": users[1].id cannot be used: "),
        (b'{"a\\nb": 1}', ": 'a\\nb' is not a key that is known."),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(
    url: str, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "bad.json"
    if content is not None:
        path.write_bytes(content)
    result = command(url, "directory", "load", path)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {path}{reason}")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_membership_may_be_of_a_group_of_an_earlier_file(url: str, file: Path) -> None:
    command(url, "directory", "load", file)
    member = {"user_group_id": 501, "user_id": 7, "state": "active"}
    file.write_text(json.dumps({"memberships": [member]}))
    assert command(url, "directory", "load", file).exit_code == 0


def test_a_membership_of_a_group_that_nobody_lists_is_refused(url: str, file: Path) -> None:
    command(url, "directory", "load", file)
    groups = (501, 999, 998)
    members = [{"user_group_id": group, "user_id": 7, "state": "active"} for group in groups]
    file.write_text(json.dumps({"users": [{"id": 7, "login": "eve"}], "memberships": members}))
    result = command(url, "directory", "load", file)
    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: {file}: memberships[1].user_group_id cannot be used: neither the file nor the "
        "directory has a group 999.\n"
    )
    assert sorted(filter(None, logins(url))) == ["ada", "bob"]


def test_a_byte_order_mark_before_the_file_does_not_count(url: str, file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert command(url, "directory", "load", file).exit_code == 0
    assert sorted(filter(None, logins(url))) == ["ada", "bob"]


def test_a_bad_entry_leaves_the_directory_as_it_was(url: str, file: Path) -> None:
    command(url, "directory", "load", file)
    bad = DOCUMENT | {"users": [{"id": 1002, "login": "eve"}], "workflows": [{}]}
    file.write_text(json.dumps(bad))
    assert command(url, "directory", "load", file).exit_code == 2
    assert sorted(filter(None, logins(url))) == ["ada", "bob"]


def classified(url: str) -> None:
    events = [
        Classification(n, 1_700_000_000_000_000, None, user_id, 11, 101, 1000, ())
        for n, user_id in enumerate((1002, 1002, 1003), start=1)
    ]

    def store(connection: Connection) -> None:
        apply_batch(connection, Batch(events))

    async def write() -> None:
        async with open_database(url) as database:
            await database.write(store)

    asyncio.run(write())


def counted(url: str) -> int:
    table = GROUP.table

    async def read() -> int:
        statement = select(func.sum(table.c.n)).where(table.c.group_id == 501, table.c.grain == 3)
        async with open_database(url) as database, database.read() as snapshot:
            return int((await snapshot.fetch(statement))[0][0])

    return asyncio.run(read())


def test_a_backfill_counts_once_however_often_it_is_run(url: str, file: Path) -> None:
    command(url, "directory", "load", file)
    classified(url)
    one = command(url, "groups", "backfill", "--group", 501, "--user", 1003)
    rest = command(url, "groups", "backfill", "--group", 501)
    again = command(url, "groups", "backfill", "--group", 501)
    assert [result.exit_code for result in (one, rest, again)] == [0, 0, 0]
    assert one.stdout == "1 classifications added to group 501.\n"
    assert rest.stdout == "2 classifications added to group 501.\n"
    assert again.stdout == "0 classifications added to group 501.\n"
    assert counted(url) == 3


def test_a_backfill_of_an_unknown_group_fails(url: str, file: Path) -> None:
    command(url, "directory", "load", file)
    result = command(url, "groups", "backfill", "--group", 999)
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no group with the id 999.\n"


def test_a_backfill_of_a_stranger_fails(url: str, file: Path) -> None:
    command(url, "directory", "load", file)
    result = command(url, "groups", "backfill", "--group", 501, "--user", 1003, "--user", 7)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: User 7 is not an active member of group 501")


def test_a_backfill_takes_logins_and_ids_together(url: str, file: Path) -> None:
    command(url, "directory", "load", file)
    classified(url)
    both = command(url, "groups", "backfill", "--group", 501, "--user", "BOB", "--user", 1002)
    assert both.stdout == "3 classifications added to group 501.\n"


def test_a_login_that_nobody_has_is_one_sentence(url: str, file: Path) -> None:
    command(url, "directory", "load", file)
    result = command(url, "groups", "backfill", "--group", 501, "--user", "ada", "--user", "eve")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: There is no user with the login 'eve'.\n"


def test_a_login_that_several_have_is_one_sentence(url: str, file: Path) -> None:
    file.write_text(json.dumps(DOCUMENT | {"users": [{"id": n, "login": "ada"} for n in (1, 2)]}))
    command(url, "directory", "load", file)
    result = command(url, "groups", "backfill", "--group", 501, "--user", "ada")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: Several users have the login 'ada', as 1 and 2; name one by id.\n"
    )


def test_members_may_be_named_by_login_in_a_file(url: str, file: Path) -> None:
    member = {"login": "Bob", "user_group_id": 501, "state": "active", "roles": ["group_member"]}
    file.write_text(json.dumps(DOCUMENT | {"memberships": [member]}))
    assert command(url, "directory", "load", file).exit_code == 0
    file.write_text(json.dumps({"memberships": [member | {"login": "eve"}]}))
    result = command(url, "directory", "load", file)
    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: {file}: memberships[0].login cannot be used: there is no user with the login"
        " 'eve'.\n"
    )


@pytest.mark.parametrize("number", ["0", "-1", str(2**63)])
def test_an_id_that_is_none_is_a_usage_error(url: str, number: str) -> None:
    assert command(url, "groups", "backfill", "--group", number).exit_code == 2
    assert command(url, "groups", "backfill", "--group", "abc").exit_code == 2
    assert command(url, "groups", "backfill", "--group", 501, "--user", number).exit_code == 2
