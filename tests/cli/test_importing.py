"""What an import stores, whatever order and however often."""

from __future__ import annotations

import csv
import gzip
import random
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.events.event import Classification
from tests.cli.import_command import HEADER, KENYA, LOOK, ROW, Import, dump, process, stored, stream


def test_an_export_is_stored_with_what_it_is_about(store: Import) -> None:
    result = store(KENYA, "--project-id", 593, "--project-name", "Wildlife Watch Kenya")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "stored    2,000",
        "unchanged     0",
        "replaced      0",
        "rejected      0",
        "ignored       0",
        "projects    593 (Wildlife Watch Kenya)",
        "days        2016-06-15 to 2017-06-20",
        "volunteers  50, and 171 anonymous events",
        "workflows   2: 2030, 3461",
        LOOK,
    ]
    tables = dump()
    assert len(tables["classification"]) == 2_000
    assert [row[0] for row in tables["project"]] == [593]
    assert "Wildlife Watch Kenya" in tables["project"][0]
    assert {row[:3] for row in tables["workflow"]} == {
        (2030, 593, "What types of wildlife appear?"),
        (3461, 593, "Test - Mark Patterns"),
    }
    assert (1631617, "volunteer-001") in {row[:2] for row in tables["user_account"]}
    assert not list(Path().glob("*.rejects.csv"))


def test_no_event_is_written_out_while_it_is_stored(
    store: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(event: object) -> str:
        pytest.fail(f"event {event.id} was written out")  # type: ignore[attr-defined]

    monkeypatch.setattr(Classification, "__repr__", written)
    assert "stored    2,000" in store(KENYA, "--project-id", 7).stdout


def test_a_second_import_changes_nothing(store: Import) -> None:
    store(KENYA, "--project-id", 593)
    once = dump()
    result = store(KENYA, "--project-id", 593)
    assert "stored        0\nunchanged 2,000\nreplaced      0\n" in result.stdout
    assert dump() == once


def test_halves_that_overlap_in_any_order_are_the_whole(store: Import) -> None:
    store(KENYA, "--project-id", 593, database="whole.db")
    with gzip.open(KENYA, "rt", newline="") as file:
        rows = list(csv.reader(file))
    header, body = rows[0], rows[1:]
    random.Random(3).shuffle(body)
    for name, part in (("first.csv", body[:1_200]), ("second.csv", body[800:])):
        with Path(name).open("w", newline="") as file:
            csv.writer(file).writerows([header, *part])
    result = store("first.csv", "second.csv", "--project-id", 593)
    assert "unchanged   400" in result.stdout
    assert dump() == dump("whole.db")


def test_saying_the_project_later_replaces_what_was_stored(store: Import) -> None:
    Path("cats.csv").write_text(HEADER + ROW)
    first = store("cats.csv")
    assert "cats.csv: 1 counted to no project" in first.stdout
    second = store("cats.csv", "--project-id", 593)
    assert "replaced  1" in second.stdout
    assert "unknown" not in second.stdout
    assert [row[4] for row in dump()["classification"]] == [593]


def test_a_workflow_that_is_known_tells_its_project(store: Import) -> None:
    Path("known.ndjson").write_text(next(stream(1)))
    Path("more.csv").write_text(HEADER + "900,5,ada,4,Count,2020-01-01 00:00:00 UTC,{}\n")
    result = store("known.ndjson", "more.csv")
    assert "unknown" not in result.stdout
    assert [row[4] for row in dump()["classification"]] == [3, 3]


def test_a_project_name_needs_its_id(store: Import) -> None:
    result = store(KENYA, "--project-name", "Kenya")
    assert result.exit_code == 2
    assert "--project-name requires --project-id." in result.stderr


def test_one_unreadable_file_and_nothing_starts(store: Import) -> None:
    Path("letter.txt").write_text("Dear Sir,\n")
    result = store(KENYA, "letter.txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: letter.txt looks like text that begins with")
    assert not Path("stats.db").exists()


def test_a_file_damaged_at_its_end_leaves_what_stands_before(store: Import) -> None:
    text = "\n".join(stream(2_000)).encode()
    Path("cut.gz").write_bytes(gzip.compress(text, 0)[:-60_000])
    Path("next.ndjson").write_text(next(stream(1)))
    result = store("cut.gz", "next.ndjson")
    assert result.exit_code == 2
    assert "\nError: cut.gz is damaged: nothing can be read after line " in result.stderr
    assert 1_000 < stored() < 2_000
    assert f"stored    {stored():,}" in result.stdout


def test_standard_input_is_a_file_too(store: Import) -> None:
    counters = b'{"source": "panoptes", "type": "workflow_counters"}\nx\n'
    result = store("-", stdin="\n".join(stream(3)).encode() + b"\n" + counters)
    assert "stored    3\n" in result.stdout
    assert "rejected  1\nignored   1\nstandard input:5 The line is not JSON" in result.stdout
    assert Path("stdin.rejects.csv").exists()


def test_a_database_that_is_away_is_one_error(store: Import) -> None:
    result = store(KENYA, database="nowhere/stats.db")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: The database sqlite:///nowhere/stats.db is not there")


def test_help_says_what_is_accepted_and_what_the_exit_status_means() -> None:
    text = " ".join(CliRunner().invoke(main, ["import", "--help"]).stdout.split())
    for phrase in ("classification export", "Parquet", "standard input", "exit status is 0"):
        assert phrase in text


async def test_the_same_import_goes_into_both_databases(database_url: str, tmp_path: Path) -> None:
    for outcome in ("stored    2,000", "unchanged 2,000"):
        running = process(
            str(KENYA), "--database-url", database_url, stdout=subprocess.PIPE, cwd=tmp_path
        )
        output, _ = running.communicate(timeout=120)
        assert running.returncode == 0
        assert outcome in output.decode()
