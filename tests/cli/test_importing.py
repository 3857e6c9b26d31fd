from __future__ import annotations

import csv
import fcntl
import gzip
import io
import json
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import tarfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

import gateway
from gateway.cli import main
from gateway.db import open_database, tables
from gateway.events.event import Classification

DEMO = Path(gateway.__file__).parent / "demo"
KENYA = DEMO / "wildlife-watch-kenya.csv.gz"
HEADER = "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata\n"
ROW = "1,5,ada,7,Count,2020-01-01 00:00:00 UTC,{}\n"

Import = Callable[..., Result]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Runs ``stats-gateway import`` in a directory of its own, into ``stats.db`` there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATS_GATEWAY_DATABASE_URL", "sqlite:///stats.db")

    def store(*arguments: object, database: str | None = None, stdin: bytes = b"") -> Result:
        words = [str(argument) for argument in arguments]
        if database is not None:
            words += ["--database-url", f"sqlite:///{database}"]
        return CliRunner().invoke(main, ["import", *words], input=stdin)

    return store


def dump(path: str = "stats.db") -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table; versions are left out, since they count transactions."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if name not in ("data_version", "alembic_version")
        ]
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables
        }


def stored(path: str = "stats.db") -> int:
    with closing(sqlite3.connect(path)) as connection:
        count: int = connection.execute("SELECT count(*) FROM classification").fetchone()[0]
        return count


def stream(events: int) -> Iterator[str]:
    """Classifications with changing users, groups and sessions, always the same."""
    chance = random.Random(7)
    for number in range(1, events + 1):
        start = f"2020-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T10:00:00Z"
        finish = start.replace("00:00Z", f"00:{chance.randint(0, 59):02}.5Z")
        groups = chance.sample(range(1, 9), 2)
        yield json.dumps(
            {
                "source": "panoptes",
                "type": "classification",
                "data": {
                    "id": number,
                    "created_at": start,
                    "metadata": {
                        "started_at": start,
                        "finished_at": finish,
                        "user_group_ids": groups,
                    },
                    "links": {"user": chance.randint(1, 50), "project": 3, "workflow": 4},
                },
            }
        )


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


def test_bad_rows_are_reported_and_stop_nothing(store: Import) -> None:
    bad = "2,5,ada,,Count,2020-01-01 00:00:00 UTC,{}\n"
    ahead = ROW.replace("2020", "9020")
    Path("cats.csv").write_text(HEADER + bad + ROW + ahead)
    result = store("cats.csv", "--project-id", 3)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "stored    1",
        "unchanged 0",
        "replaced  0",
        "rejected  2",
        "ignored   0",
        "cats.csv:2 workflow_id is missing.",
        "cats.csv:4 created_at lies more than a day ahead of now.",
        "All rejected rows, with reasons: cats.csv.rejects.csv",
        "projects    3",
        "days        2020-01-01 to 2020-01-01",
        "volunteers  1, and 0 anonymous events",
        "workflows   1: 7",
    ]
    with Path("cats.csv.rejects.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["file", "line", "id", "reason"],
            ["cats.csv", "2", "2", "workflow_id is missing."],
            ["cats.csv", "4", "1", "created_at lies more than a day ahead of now."],
        ]


def test_what_was_left_out_of_events_that_count_is_told(store: Import) -> None:
    events = [json.loads(line) for line in stream(4)]
    events[0]["data"]["metadata"]["user_group_ids"] = [501, None]
    events[1]["data"]["metadata"]["user_group_ids"] = list(range(1, 1_002))
    events[2]["data"]["metadata"] |= {"started_at": "soon", "user_group_ids": "7"}
    events[3]["data"]["metadata"] = "none"
    Path("odd.ndjson").write_text("\n".join(map(json.dumps, events)))
    result = store("odd.ndjson")
    assert result.exit_code == 0
    assert "stored    4\n" in result.stdout
    assert "rejected  0\n" in result.stdout
    assert result.stdout.splitlines()[-4:] == [
        "2 counted without values in user_group_ids that are not ids.",
        "1 counted 0 seconds and to no group, because metadata is not a JSON object.",
        "1 counted 0 seconds, because a time of the session cannot be read.",
        "1 counted to no group, because user_group_ids has too many ids "
        "(STATS_GATEWAY_GROUPS_PER_EVENT).",
    ]
    assert [row[-1] for row in dump()["classification"]] == ["[501]", None, None, None]
    assert not list(Path().glob("*.rejects.csv"))


def test_an_import_takes_the_limit_of_groups_from_the_settings(
    store: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATS_GATEWAY_GROUPS_PER_EVENT", "1")
    Path("events.ndjson").write_text("\n".join(stream(2)))
    result = store("events.ndjson")
    assert "stored    2\n" in result.stdout
    assert (
        "2 counted to no group, because user_group_ids has too many ids "
        "(STATS_GATEWAY_GROUPS_PER_EVENT)." in result.stdout
    )


def test_an_import_of_which_nothing_counts_has_failed(store: Import) -> None:
    bad = ROW.replace("2020-01-01", "yesterday")
    Path("bad.csv").write_text(HEADER + bad * 3)
    Path("some.csv").write_text(HEADER + bad + ROW)
    refused, some, again = store("bad.csv"), store("some.csv"), store("some.csv")
    assert [result.exit_code for result in (refused, some, again)] == [1, 0, 0]
    assert "rejected  3\nignored   0\nbad.csv:2 created_at" in refused.stdout


def test_a_file_without_rows_says_so(store: Import) -> None:
    Path("none.csv").write_text(HEADER)
    Path("some.csv").write_text(HEADER + ROW)
    result = store("none.csv", "some.csv", "--project-id", 3)
    assert result.exit_code == 0
    assert result.stdout.endswith("\nnone.csv has no rows: nothing was stored from it.\n")
    assert "some.csv has" not in result.stdout


def test_events_that_are_ignored_alone_are_no_failure(store: Import) -> None:
    counters = b'{"source": "panoptes", "type": "workflow_counters"}\n'
    result = store("-", stdin=counters)
    assert result.exit_code == 0
    assert "has no rows" not in result.stdout


def test_many_projects_and_workflows_are_counted_and_few_named(store: Import) -> None:
    event = json.loads(next(stream(1)))
    lines = []
    for number in range(1, 9):
        event["data"]["id"] = number
        event["data"]["links"] = {"user": 7, "workflow": number * 10}
        if number > 1:
            event["data"]["links"]["project"] = number
        lines.append(json.dumps(event))
    Path("many.ndjson").write_text("\n".join(lines))
    said = store("many.ndjson").stdout
    assert "projects    2, 3, 4, 5, 6 and 3 more\n" in said
    assert "volunteers  1, and 0 anonymous events\n" in said
    assert "workflows   8: 10, 20, 30, 40, 50 and 3 more\n" in said


def test_twenty_rejects_are_shown_and_all_are_kept(store: Import) -> None:
    Path("bad.ndjson").write_text(f"{next(stream(1))}\n" + "{}x\n" * 25)
    result = store("bad.ndjson", "--rejects", "refused.csv")
    shown = [line for line in result.stdout.splitlines() if line.startswith("bad.ndjson:")]
    assert len(shown) == 20
    assert "… and 5 more.\nAll rejected rows, with reasons: refused.csv" in result.stdout
    assert len(Path("refused.csv").read_text().splitlines()) == 26


def test_a_rejects_file_that_cannot_be_written_is_one_error(store: Import) -> None:
    Path("bad.ndjson").write_text(f"{next(stream(1))}\nx\n")
    result = store("bad.ndjson", "--rejects", "nowhere/refused.csv")
    assert result.exit_code == 1
    assert "nowhere/refused.csv" in result.stderr
    assert "No such file or directory" in result.stderr


@pytest.mark.parametrize("path", ["events.ndjson", "./events.ndjson", "stats.db", "more.csv"])
def test_the_report_of_rejects_takes_the_place_of_nothing(store: Import, path: str) -> None:
    Path("events.ndjson").write_text(f"{next(stream(1))}\nx\n")
    Path("more.csv").symlink_to("events.ndjson")
    before = Path("events.ndjson").read_bytes()
    result = store("events.ndjson", "--rejects", path)
    assert result.exit_code == 2
    assert "would be written over" in result.stderr
    assert Path("events.ndjson").read_bytes() == before
    assert not Path("stats.db").exists()


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


def process(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from gateway.cli import main; main()", "import", *arguments]
    return subprocess.Popen(command, **options)  # type: ignore[call-overload,no-any-return]


def test_killed_at_any_moment_and_run_again_counts_everything_once(store: Import) -> None:
    lines = [f"{line}\n".encode() for line in stream(25_000)]
    Path("events.ndjson").write_bytes(b"".join(lines))
    store("events.ndjson", database="whole.db")
    chance = random.Random(11)
    # A pipe that is never closed: it cannot end before it is killed. A batch is being stored when
    # its last line has been read.
    for given in (9_000, 10_500, 10_500, 20_500):
        running = process("-", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert running.stdin is not None
        running.stdin.write(b"".join(lines[:given]))
        running.stdin.flush()
        time.sleep(chance.uniform(0, 0.5))
        running.kill()
        assert running.wait() == -signal.SIGKILL
        running.stdin.close()
    assert store("events.ndjson").exit_code == 0
    assert dump() == dump("whole.db")


def test_ctrl_c_keeps_what_is_stored(store: Import) -> None:
    running = process("-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdin is not None
    running.stdin.write("\n".join(stream(11_000)).encode() + b"\n")
    running.stdin.flush()
    # What follows the first batch is more than is read ahead: it is done with that one.
    wait_until(lambda: unread(running.stdin) == 0)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert output == b""
    assert errors.decode() == (
        "Created a new database at stats.db.\n"
        "Interrupted after 10,000 events, which stay stored: "
        "run the same command again to continue.\n"
    )
    assert stored() == 10_000


def test_ctrl_c_before_anything_was_read_is_one_sentence(store: Import) -> None:
    running = process("-", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdin is not None
    running.stdin.write(b"{")
    running.stdin.flush()
    wait_until(lambda: unread(running.stdin) == 0)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert errors.startswith(b"Interrupted after 0 events, which stay stored")
    assert not Path("stats.db").exists()


def unread(pipe: IO[bytes] | None) -> int:
    """How many bytes its other end has not read yet."""
    assert pipe is not None
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))
    return int(count)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


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


async def test_the_comments_of_talk_go_into_both_databases(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "project-593-comments_2016-06-15.tar.gz"
    rows = [
        {
            "board_id": 7,
            "comment_id": number,
            "comment_user_id": 1002,
            "comment_user_login": "ada",
            "comment_created_at": "2015-06-01T12:00:00.250Z",
        }
        for number in (1, 2, None)
    ]
    content = json.dumps(rows).encode()
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("project-593-comments_2016-06-15.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    for outcome in ("stored    2\n", "unchanged 2\n"):
        running = process(
            str(path), "--database-url", database_url, stdout=subprocess.PIPE, cwd=tmp_path
        )
        output, _ = running.communicate(timeout=120)
        assert running.returncode == 0
        assert outcome in output.decode()
        assert "ignored   1\n" in output.decode()
        assert "1 are boards or discussions without comments." in output.decode()
    async with open_database(database_url) as database, database.read() as snapshot:
        query = select(tables.comment.c.id, tables.comment.c.user_id, tables.comment.c.project_id)
        found = await snapshot.fetch(query)
    assert sorted(map(tuple, found)) == [(1, 1002, 593), (2, 1002, 593)]


def test_the_stream_and_an_export_of_talk_count_a_comment_once(store: Import) -> None:
    event = {
        "source": "talk",
        "type": "comment",
        "data": {
            "id": 5,
            "created_at": "2015-06-01T12:00:00.250Z",
            "project_id": 593,
            "user_id": "1002",
        },
    }
    Path("events.ndjson").write_text(json.dumps(event))
    row = {
        "comment_id": 5,
        "comment_user_id": 1002,
        "comment_created_at": "2015-06-01T12:00:00.250Z",
    }
    Path("project-593-comments_2016-06-15.json").write_text(json.dumps([row]))
    result = store("events.ndjson", "project-593-comments_2016-06-15.json")
    assert "stored    1\nunchanged 1\n" in result.stdout


def test_an_export_of_talk_says_logins_as_of_its_newest_row(store: Import) -> None:
    def rows(login: str, day: str) -> str:
        return json.dumps(
            [
                {
                    "comment_id": int(day[:4]),
                    "comment_user_id": 1002,
                    "comment_user_login": login,
                    "comment_created_at": f"{day}T12:00:00Z",
                }
            ]
        )

    Path("project-593-comments_new.json").write_text(rows("new", "2024-01-01"))
    Path("project-593-comments_old.json").write_text(rows("old", "2019-01-01"))
    result = store("project-593-comments_new.json", "project-593-comments_old.json")
    assert "stored    2\n" in result.stdout
    assert [row[:2] for row in dump()["user_account"]] == [(1002, "new")]
