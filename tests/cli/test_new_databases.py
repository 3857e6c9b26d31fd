"""A mistyped path is no new database: few commands make one, and say so."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

EXPORT = (
    "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata\n"
    "1,5,ada,7,Count,2020-01-01 00:00:00 UTC,{}\n"
)
NEW = "Created a new database at statz.db.\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("export.csv").write_text(EXPORT)
    Path("directory.json").write_text(json.dumps({"users": [{"id": 5, "login": "ada"}]}))
    return tmp_path


def command(*words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--database-url", "sqlite:///statz.db"])


READERS = [
    ("verify",),
    ("rebuild",),
    ("apikey", "create", "--name", "report", "--scope", "stats:read"),
    ("apikey", "list"),
    ("apikey", "revoke", "report"),
    ("groups", "backfill", "--group", "7"),
    ("users", "forget", "7"),
]


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_a_path_that_leads_nowhere_is_one_sentence(words: tuple[str, ...]) -> None:
    result = command(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: There is no database at statz.db: ")
    assert result.stderr.count("\n") == 1
    assert not list(Path().glob("statz.db*"))


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_a_file_without_a_byte_is_no_database_either(words: tuple[str, ...]) -> None:
    Path("statz.db").touch()
    assert command(*words).exit_code == 2
    assert Path("statz.db").stat().st_size == 0


@pytest.mark.parametrize(
    "words",
    [("import", "export.csv"), ("db", "upgrade"), ("directory", "load", "directory.json")],
    ids=" ".join,
)
def test_who_makes_one_says_so_once(words: tuple[str, ...]) -> None:
    first, again = command(*words), command(*words)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert (first.stderr, again.stderr) == (NEW, "")


@pytest.mark.parametrize(
    "words", [("import", "directory.json"), ("directory", "load", "export.csv")], ids=" ".join
)
def test_a_file_that_cannot_be_used_makes_none(words: tuple[str, ...]) -> None:
    assert command(*words).exit_code == 2
    assert not Path("statz.db").exists()


def test_a_database_of_one_s_own_is_brought_up_to_date_by_every_command() -> None:
    command("db", "upgrade")
    with sqlite3.connect("statz.db") as connection:
        connection.execute("DELETE FROM alembic_version")
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'alembic_version'"
        ).fetchall():
            connection.execute(f"DROP TABLE {name}")
    connection.close()
    assert command("verify").exit_code == 0
