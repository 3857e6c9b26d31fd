import asyncio
import re
import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.auth.api_key_uses import ApiKeyUses
from gateway.auth.api_keys import ApiKeys
from gateway.auth.viewer import Viewer
from gateway.cli import main
from gateway.db import open_database

KEY = re.compile(r"sgw_([0-9a-f]{12})_[0-9a-f]{64}")


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path / 'stats.db'}"
    assert CliRunner().invoke(main, ["db", "upgrade", "--database-url", made]).exit_code == 0
    return made


def command(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["apikey", *arguments, "--database-url", url])


def created(url: str, name: str = "monthly report", *scopes: str) -> str:
    options = [word for scope in scopes or ("stats:read",) for word in ("--scope", scope)]
    result = command(url, "create", "--name", name, *options)
    assert result.exit_code == 0, result.output
    return result.stdout.removesuffix("\n")


def listed(url: str) -> list[list[str]]:
    result = command(url, "list")
    assert result.exit_code == 0, result.output
    heading, *rows = [re.split(" {2,}", line) for line in result.stdout.splitlines()]
    assert heading == ["ID", "NAME", "SCOPES", "CREATED", "LAST USED", "REVOKED"]
    return rows


def verified(url: str, key: str) -> Viewer:
    async def verify() -> Viewer:
        async with open_database(url) as database:
            uses = ApiKeyUses(database)
            viewer = await ApiKeys(database, uses, lambda: 1_795_348_800_000_000).verify(key)
            await uses.close()
            return viewer

    return asyncio.run(verify())


def test_a_key_is_printed_alone_and_explained_beside(url: str) -> None:
    result = command(url, "create", "--name", "report", "--scope", "stats:read")
    match = KEY.fullmatch(result.stdout.removesuffix("\n"))
    assert match is not None
    assert result.stderr == (
        f"Created the key {match[1]}, report. Store it now: it is not shown again.\n"
    )
    viewer = verified(url, match.group())
    assert (viewer.api_key_id, viewer.is_site_admin) == (match[1], True)


def test_the_database_holds_a_hash_and_no_key(url: str) -> None:
    key = created(url)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    ((stored,),) = connection.execute("SELECT secret_hash FROM api_key").fetchall()
    dump = "\n".join(connection.iterdump())
    connection.close()
    assert stored == sha256(key.encode()).digest()
    assert key.rpartition("_")[2] not in dump


def test_the_list_shows_all_but_the_secret(url: str) -> None:
    assert command(url, "list").stdout == "There are no API keys.\n"
    first = created(url)
    second = created(url, "catalogue", "stats:read", "groups:count")
    verified(url, first)
    assert command(url, "revoke", "catalogue").exit_code == 0

    (id_1, *rest_1), (id_2, *rest_2) = listed(url)
    assert [id_1, id_2] == [key.split("_")[1] for key in (first, second)]
    assert rest_1[:2] == ["monthly report", "stats:read"]
    assert rest_1[3:] == ["2026-11-22 12:00", "-"]
    assert rest_2[:2] == ["catalogue", "groups:count,stats:read"]
    assert rest_2[3] == "-"
    assert rest_2[4] != "-"
    shown = command(url, "list").output
    assert not [key for key in (first, second) if key.rpartition("_")[2] in shown]


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_key_is_revoked_by_id_or_name(url: str, by: str) -> None:
    key_id = created(url).split("_")[1]
    result = command(url, "revoke", key_id if by == "id" else "monthly report")
    assert (result.exit_code, result.stdout) == (
        0,
        f"Revoked the key {key_id}, monthly report.\n",
    )
    assert listed(url)[0][5] != "-"


def test_a_key_that_is_not_there_cannot_be_revoked(url: str) -> None:
    pasted = created(url)
    for wrong in ("nothing", pasted):
        result = command(url, "revoke", wrong)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == (
            "Error: There is no API key with this id, and no active key with this name.\n"
        )


def test_a_name_in_use_is_one_sentence_and_no_key(url: str) -> None:
    created(url)
    result = command(url, "create", "--name", "monthly report", "--scope", "stats:read")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: There is a key named monthly report: choose another name.\n"
    assert len(listed(url)) == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--name", "report"], "--scope"),
        (["--scope", "stats:read"], "--name"),
        (["--name", "report", "--scope", "stats:write"], "stats:write"),
    ],
)
def test_name_and_known_scopes_are_required(url: str, arguments: list[str], named: str) -> None:
    result = command(url, "create", *arguments)
    assert result.exit_code == 2
    assert named in result.stderr
