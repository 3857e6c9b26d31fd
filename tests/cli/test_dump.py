"""``directory dump``: a file that appears whole, for its owner alone, and that loads again."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.cli.dump_progress import SECONDS_BETWEEN_LINES, DumpProgress
from tests.server import STATS_GATEWAY, environment

TOKEN = "fedcba9876543210" * 2
DOCUMENT = {
    "users": [{"id": 1002, "login": "ada"}],
    "user_groups": [{"id": 501, "name": "here", "authority": "gateway", "revision": 1}],
    "memberships": [
        {"login": "Ada", "user_group_id": 501, "state": "active", "roles": ["group_admin"]}
    ],
    "group_tenures": [{"user_group_id": 501, "from": "1970-01-01T00:00:00Z"}],
    "join_links": [
        {
            "user_group_id": 501,
            "token": TOKEN,
            "enabled": True,
            "created_at": "2024-01-01T00:00:00Z",
            "generation": 1,
        }
    ],
}


@pytest.fixture
def url(database_url: str, tmp_path: Path) -> str:
    (tmp_path / "given.json").write_text(json.dumps(DOCUMENT))
    assert command(database_url, "load", tmp_path / "given.json").exit_code == 0
    return database_url


def command(url: str, *arguments: object, stdin: bytes = b"") -> Result:
    words = ["directory", *map(str, arguments), "--database-url", url]
    return CliRunner().invoke(main, words, input=stdin)


def test_a_dump_without_a_file_is_printed_and_nothing_else(url: str) -> None:
    results = command(url, "dump"), command(url, "dump", "-")
    assert results[0].stdout == results[1].stdout
    document = json.loads(results[0].stdout)
    assert document["users"] == [{"id": 1002, "login": "ada"}]
    assert document["user_groups"][0]["authority"] == "gateway"
    assert "join_links" not in document
    assert TOKEN not in results[0].output
    assert results[0].stderr == ""


def test_a_dump_into_a_file_tells_how_many_entries_it_has(url: str, tmp_path: Path) -> None:
    file = tmp_path / "copy.json"
    file.write_text("an earlier one")
    result = command(url, "dump", file)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "erased users: 0",
        "users: 1",
        "user groups: 1",
        "memberships: 1",
        "projects: 0",
        "workflows: 0",
        "group tenures: 1",
        "membership spans: 0",
        "backfills: 0",
        "group changes: 0",
        "goals: 0",
        "certificates: 0",
        "last ids: 1",
    ]
    assert file.read_text() == command(url, "dump").stdout
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["copy.json", "given.json"]
    assert list(tmp_path.glob(".copy*")) == []


def test_tokens_are_in_a_dump_that_is_asked_for_them(url: str, tmp_path: Path) -> None:
    file = tmp_path / "copy.json"
    before = os.umask(0)
    try:
        result = command(url, "dump", file, "--with-join-tokens")
    finally:
        os.umask(before)
    assert "join links: 1" in result.stdout
    assert TOKEN not in result.output
    assert json.loads(file.read_text())["join_links"][0]["token"] == TOKEN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_dump_loads_into_another_database(url: str, tmp_path: Path) -> None:
    document = command(url, "dump", "--with-join-tokens").stdout
    other = f"sqlite:///{tmp_path / 'other.db'}"
    loaded = command(other, "load", "-", stdin=document.encode())
    assert loaded.exit_code == 0, loaded.output
    assert "group tenures: 1 (1 new or changed)" in loaded.stdout
    assert command(other, "dump", "--with-join-tokens").stdout == document
    assert TOKEN not in loaded.output


def test_groups_that_are_led_here_are_taken_over_only_when_told_to(
    url: str, tmp_path: Path
) -> None:
    before = command(url, "dump").stdout
    file = tmp_path / "given.json"
    refused = command(url, "load", file)
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        "Error: This gateway decides about the group 501, so nothing was stored. With --take-over"
        " the file replaces it, and decides about it from now on.\n"
    )
    assert command(url, "dump").stdout == before

    file.write_text(json.dumps({"user_groups": [{"id": 501, "name": "filed"}]}))
    assert command(url, "load", file, "--take-over").exit_code == 0
    (group,) = json.loads(command(url, "dump").stdout)["user_groups"]
    assert (group["name"], group["authority"]) == ("filed", "file")


def test_a_file_that_cannot_be_written_is_one_sentence(url: str, tmp_path: Path) -> None:
    result = command(url, "dump", tmp_path / "missing" / "copy.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: {tmp_path}/missing/copy.json cannot be written: No such file or directory.\n"
    )


def test_a_dump_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "copy.json"
    file.write_text("an earlier one")
    result = command(f"sqlite:///{tmp_path / 'none.db'}", "dump", file)
    assert result.exit_code == 2
    assert file.read_text() == "an earlier one"
    assert [path.name for path in tmp_path.iterdir()] == ["copy.json"]


def test_whoever_stops_reading_a_dump_ends_it_without_a_traceback(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'served.db'}"
    users = [{"id": 1 + n, "login": "x" * 100} for n in range(20_000)]
    given = json.dumps({"users": users}).encode()
    assert command(url, "load", "-", stdin=given).exit_code == 0
    with subprocess.Popen(
        [STATS_GATEWAY, "directory", "dump"],
        env=environment(tmp_path, {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10)
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 1


def test_without_a_terminal_a_long_dump_says_now_and_then_how_far_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = 0.0
    with DumpProgress(clock=lambda: now) as progress:
        progress.show("users", 0, 20_000)
        now = SECONDS_BETWEEN_LINES
        progress.show("membership_spans", 10_000, 20_000)
        progress.show("membership_spans", 20_000, 20_000)
    assert capsys.readouterr().err == "membership spans: 10,000 of 20,000\n"


@pytest.mark.parametrize(
    ("words", "told_of"),
    [
        (["load"], ["FILE|-", "--take-over", "replaced as a whole"]),
        (["dump"], ["[FILE|-]", "--with-join-tokens", "can join"]),
    ],
)
def test_help_tells_what_there_is(words: list[str], told_of: list[str]) -> None:
    shown = " ".join(CliRunner().invoke(main, ["directory", *words, "--help"]).stdout.split())
    assert [word for word in told_of if word not in shown] == []
