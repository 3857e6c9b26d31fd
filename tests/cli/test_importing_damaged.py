"""What an import says of files as people have them, and that its counts add up to the rows."""

from __future__ import annotations

import csv
import gzip
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

Import = Callable[..., Result]

HEADER = "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata\n"


def row(number: int, user_name: str = "ada", workflow_name: str = "Count") -> str:
    return f"{number},5,{user_name},7,{workflow_name},2020-01-01 00:00:00 UTC,{{}}\n"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Writes a file and imports it in a directory of its own, into ``stats.db`` there."""
    monkeypatch.chdir(tmp_path)

    def store(content: str | bytes, name: str = "cats.csv") -> Result:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return CliRunner().invoke(
            main,
            ["import", name, "--project-id", "3", "--database-url", "sqlite:///stats.db"],
        )

    return store


def counts(result: Result) -> dict[str, int]:
    found = re.findall(r"^([a-z]+) +([0-9,]+)$", result.stdout, re.MULTILINE)[:5]
    return {name: int(number.replace(",", "")) for name, number in found}


def named(table: str, column: str) -> list[str]:
    with closing(sqlite3.connect("stats.db")) as connection:
        return [name for (name,) in connection.execute(f"SELECT {column} FROM {table}")]


def test_a_stray_quote_costs_one_row(store: Import) -> None:
    rows = [row(n, workflow_name='"Count' if n == 2 else "Count") for n in range(1, 101)]
    result = store(HEADER + "".join(rows))
    assert result.exit_code == 0
    assert counts(result) == {
        "stored": 99, "unchanged": 0, "replaced": 0, "rejected": 1, "ignored": 0,
    }  # fmt: skip
    assert "cats.csv:3 A quoted cell of the row is never closed.\n" in result.stdout
    with Path("cats.csv.rejects.csv").open(newline="") as file:
        assert list(csv.reader(file))[1:] == [
            ["cats.csv", "3", "2", "A quoted cell of the row is never closed."]
        ]


def test_the_counts_add_up_to_the_rows(store: Import) -> None:
    store(HEADER + row(1) + row(2))
    result = store(
        HEADER + row(1) + row(2).replace("2020", "2021") + row(3, '"ada') + "4,5\n" + row(5)
    )
    assert counts(result) == {
        "stored": 1, "unchanged": 1, "replaced": 1, "rejected": 2, "ignored": 0,
    }  # fmt: skip


@pytest.mark.parametrize("before", ["\n", "\r\n\r\n", "  \n", "\ufeff\n", "\n\ufeff", ",,,,,,\n"])
def test_blank_lines_before_the_header_cost_nothing(store: Import, before: str) -> None:
    result = store(before + HEADER + row(1) + row(2))
    assert (counts(result)["stored"], counts(result)["rejected"]) == (2, 0)


@pytest.mark.parametrize(
    ("encoding", "remark"),
    [
        ("windows-1252", "cats.csv: 1 line is not UTF-8 and were read as Windows-1252."),
        ("utf-16", "cats.csv: the text was read as UTF-16."),
        ("utf-16-be", "cats.csv: the text was read as UTF-16."),
    ],
)
def test_another_encoding_is_read_right_and_told_in_one_line(
    store: Import, encoding: str, remark: str
) -> None:
    result = store((HEADER + row(1, "Renée", "Vögel")).encode(encoding))
    assert counts(result)["stored"] == 1
    assert [line for line in result.stdout.splitlines() if "UTF" in line] == [remark]
    assert named("user_account", "login") == ["Renée"]
    assert named("workflow", "display_name") == ["Vögel"]


def test_what_cannot_be_decided_keeps_known_names_and_says_so(store: Import) -> None:
    store(HEADER + row(1, "Renée", "Vögel"))
    text = (HEADER + row(2, "NAME", "Vögel")).encode().replace(b"NAME", b"Ren\xc3e")
    result = store(text)
    assert counts(result)["stored"] == 1
    assert "cats.csv: 1 line is in an unknown encoding" in result.stdout
    assert named("user_account", "login") == ["Renée"]
    assert named("workflow", "display_name") == ["Vögel"]


def test_two_files_put_together_are_both_stored(store: Import) -> None:
    result = store(HEADER + row(1) + "2,5,ad" + HEADER + row(3))
    assert (counts(result)["stored"], counts(result)["rejected"]) == (2, 1)
    assert "cats.csv: 1 header between the rows was skipped" in result.stdout


def test_a_file_of_nothing_but_line_ends_is_one_sentence(store: Import) -> None:
    result = store(gzip.compress(b"\n" * 5_000_000))
    assert result.exit_code == 2
    assert re.fullmatch(
        r"Error: cats.csv is empty or begins with blank lines only: .*\.\n", result.stderr
    )
