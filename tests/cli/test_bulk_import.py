"""``import --bulk`` leaves what ``import`` leaves, in every table, on both databases."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, select

from gateway.changes.log import decode_entities
from gateway.cli import main
from gateway.db import open_database, tables
from gateway.db.bulk_tables import SENTENCE
from gateway.db.group_tables import group_tenure, membership_span
from gateway.db.readiness import check_ready
from gateway.db.rollup_sets import metadata
from gateway.db.upsert import replace_rows
from gateway.errors import Unavailable
from gateway.rollups.half_loaded import begin_bulk_load
from tests.cli.bulk_files import Files
from tests.cli.import_command import process

#: 2019-01-01 and 2020-01-01 in microseconds.
Y2019, Y2020 = 1_546_300_800_000_000, 1_577_836_800_000_000
#: What cannot be the same twice: clocks, random marks, what a database is given once.
_OF_THE_MOMENT = {"change_log", "instance_secret", "ingestion"}


def set_up(connection: Connection) -> None:
    """What was known before there were events: rules for groups, erased users."""
    replace_rows(connection, tables.backfill, [(1, 3, Y2020), (4, 5, Y2019), (2, 6, Y2020)])
    replace_rows(connection, group_tenure, [(2, 0, None), (3, Y2019, Y2020), (3, Y2020 + 9, None)])
    spans = [(2, 1, Y2019, None), (2, 4, 0, Y2020), (3, 2, 0, None), (3, 6, Y2019 + 5, Y2020 + 99)]
    replace_rows(connection, membership_span, spans)
    replace_rows(connection, tables.forgotten_user, [(7,), (11,)])


def run(url: str, *words: object, status: int = 0) -> str:
    result = CliRunner().invoke(main, [*map(str, words), "--database-url", url])
    assert result.exit_code == status, result.output
    return result.output


def prepared(url: str, directory: Path) -> None:
    run(url, "directory", "load", directory)

    async def write() -> None:
        async with open_database(url) as database:
            await database.write(set_up)

    asyncio.run(write())


def rows_of(url: str) -> dict[str, list[tuple[Any, ...]]]:
    async def read() -> dict[str, list[tuple[Any, ...]]]:
        async with open_database(url) as database, database.read() as snapshot:
            found = {
                table.name: sorted(map(tuple, await snapshot.fetch(select(table))), key=repr)
                for table in metadata.sorted_tables
            }
            last = await snapshot.fetch(select(tables.ingestion.c.last_event_at))
            return found | {"last_event_at": [tuple(row) for row in last]}

    return asyncio.run(read())


def changed(rows: dict[str, list[tuple[Any, ...]]]) -> set[Any] | None:
    """What the log names; None for everything."""
    entities = [decode_entities(row[2]) for row in rows["change_log"]]
    return None if None in entities else {one for some in entities if some for one in some}


@pytest.mark.parametrize(
    ("seed", "options"),
    [(2, ()), (1, ("--project-id", "1")), (3, ("--project-id", "2", "--move"))],
)
def test_a_bulk_load_leaves_what_an_import_leaves(
    database_url: str,
    sqlite_template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    options: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(sqlite_template, tmp_path / "one-by-one.db")
    one_by_one = f"sqlite:///{tmp_path}/one-by-one.db"
    files = Files(tmp_path, seed).all()
    directory = tmp_path / "directory.json"
    directory.write_text(json.dumps({"workflows": [{"id": 601, "project_id": 2}]}))
    said, refused, left = [], [], []
    for url, more in ((one_by_one, ()), (database_url, ("--bulk",))):
        prepared(url, directory)
        rejects = tmp_path / "rejects.csv"
        said.append(run(url, "import", *files, *options, *more, "--rejects", rejects))
        refused.append(rejects.read_text().splitlines())
        left.append(rows_of(url))
    assert len(refused[0]) > 5
    assert refused[1] == refused[0]
    by_import, by_bulk = left
    for table in by_import.keys() - _OF_THE_MOMENT:
        assert by_bulk[table] == by_import[table], table
    assert len(by_bulk["group_member_rollup"]) > 50
    # The log names all that changed: that it says everything is the same and more.
    assert changed(by_bulk) is None
    counts = [[line for line in one.splitlines() if line[:9].strip() in _COUNTS] for one in said]
    assert counts[1] == counts[0]
    assert "rollup sets agree with the stored events." in run(database_url, "verify")


_COUNTS = {"stored", "unchanged", "replaced", "rejected", "ignored"}


def test_a_database_with_events_is_left_as_it_is(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("comment_id,event_time,project_id,user_id\n1,2020-01-01T00:00:00Z,1,5\n")
    run(database_url, "import", file)
    before = rows_of(database_url)
    said = run(database_url, "import", "--bulk", file, status=1)
    assert "The database has events already" in said
    assert rows_of(database_url) == before


async def test_what_is_half_loaded_is_not_ready_and_takes_no_events(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "events.csv"
    file.write_text("comment_id,event_time,project_id,user_id\n1,2020-01-01T00:00:00Z,1,5\n")
    async with open_database(database_url) as database:
        await database.write(begin_bulk_load)
        with pytest.raises(Unavailable) as refused:
            await check_ready(database)
        assert refused.value.message == SENTENCE
        for words in (["serve", "--port", "0"], ["import", str(file)]):
            command = [*words, "--database-url", database_url]
            result = await asyncio.to_thread(CliRunner().invoke, main, command)
            assert (result.exit_code, result.stderr) == (1, f"Error: {SENTENCE}\n"), words
        command = ["import", "--bulk", str(file), "--database-url", database_url]
        result = await asyncio.to_thread(CliRunner().invoke, main, command)
        assert result.exit_code == 0, result.output
        await check_ready(database)


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL])
def test_a_load_that_is_broken_off_is_started_over(
    database_url: str, tmp_path: Path, way: signal.Signals
) -> None:
    """It waits for a pipe, which never ends, when it is stopped."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    running = process(
        "--bulk", str(pipe), "--database-url", database_url, cwd=tmp_path, stderr=-1, stdout=-1
    )
    event = {"source": "talk", "type": "comment"}
    posts = [
        event | {"data": {"id": number, "created_at": "2020-01-01T00:00:00Z", "user_id": 5}}
        for number in range(1, 24_001)
    ]
    text = "".join(json.dumps(post) + "\n" for post in posts)
    with pipe.open("w") as writing:
        writing.write(text)
        writing.flush()
        running.send_signal(way)
        _, said = running.communicate()
    assert running.returncode == {signal.SIGINT: 130, signal.SIGKILL: -9}[way]
    if way is signal.SIGINT:
        assert "half loaded" in said.decode()
    rows = rows_of(database_url)
    assert (rows["comment"], len(rows["bulk_load"])) == ([], 1)
    whole = tmp_path / "whole.ndjson"
    whole.write_text(text)
    run(database_url, "import", "--bulk", "--no-verify", whole)
    rows = rows_of(database_url)
    assert (len(rows["comment"]), rows["bulk_load"]) == (24_000, [])


#: A database that counts an event of the site twice.
_DEFECTS = {
    "sqlite": [
        "CREATE TRIGGER defect AFTER INSERT ON site_comment_rollup BEGIN"
        " UPDATE site_comment_rollup SET n = n + 1 WHERE grain = NEW.grain; END"
    ],
    "postgresql": [
        "CREATE FUNCTION defect() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN NEW.n := NEW.n + 1; RETURN NEW; END'",
        "CREATE TRIGGER defect BEFORE INSERT ON site_comment_rollup"
        " FOR EACH ROW EXECUTE FUNCTION defect()",
    ],
}


def test_rollups_that_differ_from_the_events_are_not_stored(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def spoil(connection: Connection) -> None:
        for statement in _DEFECTS[connection.dialect.name]:
            connection.exec_driver_sql(statement)

    async def write() -> None:
        async with open_database(database_url) as database:
            await database.write(spoil)

    asyncio.run(write())
    file = tmp_path / "events.csv"
    file.write_text("comment_id,event_time,project_id,user_id\n1,2020-01-01T00:00:00Z,1,5\n")
    said = run(database_url, "import", "--bulk", file, status=1)
    assert "4 rows of the rollups differ from the events, so nothing was stored" in said
    rows = rows_of(database_url)
    assert (rows["comment"], rows["site_comment_rollup"], len(rows["bulk_load"])) == ([], [], 1)
    run(database_url, "import", "--bulk", "--no-verify", file)
    assert len(rows_of(database_url)["site_comment_rollup"]) == 4
    assert "site_comment: 4 rows differ." in run(database_url, "verify", status=1)


def test_what_stands_before_damage_is_stored(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 1 AS comment_id, TIMESTAMP '2020-01-01' AS event_time, 1 AS project_id,"
            " 5 AS user_id) TO 'whole.parquet' (FORMAT parquet)"
        )
    rows = "".join(f"{number},2020-01-01T00:00:00Z,1,5\n" for number in range(2, 5_000))
    packed = gzip.compress(f"comment_id,event_time,project_id,user_id\n{rows}".encode())
    Path("damaged.csv.gz").write_bytes(packed[: len(packed) // 2])
    said = run(database_url, "import", "--bulk", "whole.parquet", "damaged.csv.gz", status=2)
    assert "damaged.csv.gz is damaged" in said
    left = rows_of(database_url)
    ids = sorted(row[0] for row in left["comment"])
    assert 1_000 < len(ids) < 4_000
    assert ids == list(range(1, len(ids) + 1))
    assert left["bulk_load"] == []
