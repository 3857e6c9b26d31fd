"""What a browser wrote never loses a classification, by whichever door it comes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gateway.events.event import Batch
from gateway.events.exports import Origin
from gateway.events.left_out import LeftOut
from gateway.events.metadata import read_metadata
from gateway.events.opening import open_source
from gateway.events.stream import read_payload
from tests.events.conftest import NOW, read_all
from tests.events.test_exports import ROW, export
from tests.events.test_stream import classification

Write = Callable[..., str]
#: Reads a classification with this metadata.
Door = Callable[[Any], Batch]

STARTED, FINISHED = "2021-12-21T11:41:00Z", "2021-12-21T11:41:30Z"

#: What is claimed, the session in ms, the groups, and what is left out.
CASES: list[tuple[Any, int, tuple[int, ...], dict[LeftOut, int]]] = [
    ({"user_group_ids": [501, None]}, 0, (501,), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": ["abc"]}, 0, (), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": [None]}, 0, (), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": "7"}, 0, (), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": 501}, 0, (), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": True}, 0, (), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": {"501": True}}, 0, (), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": ["501", 7, 501, "7"]}, 0, (7, 501), {}),
    ({"user_group_ids": [[501], {}, 7]}, 0, (7,), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": [501.5, 1e300, True, -1, 0, 7]}, 0, (7,), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": [2**63, 7, 2**63 - 1]}, 0, (7, 2**63 - 1), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": ["9" * 5_000, "\u0667", "+7", " 7", ""]}, 0, (), {LeftOut.GROUPS: 1}),
    ({"user_group_ids": ""}, 0, (), {}),
    ({"user_group_ids": list(range(1, 1_001))}, 0, tuple(range(1, 1_001)), {}),
    ({"user_group_ids": list(range(1, 1_002))}, 0, (), {LeftOut.TOO_MANY_GROUPS: 1}),
    ({"user_group_ids": [None] * 1_001}, 0, (), {LeftOut.TOO_MANY_GROUPS: 1}),
    ({"started_at": STARTED, "finished_at": FINISHED}, 30_000, (), {}),
    ({"started_at": STARTED, "finished_at": None}, 0, (), {}),
    ({"started_at": "", "finished_at": FINISHED}, 0, (), {}),
    ({"started_at": "Invalid Date", "finished_at": FINISHED}, 0, (), {LeftOut.SESSION_TIME: 1}),
    ({"started_at": STARTED, "finished_at": 1_640_086_890}, 0, (), {LeftOut.SESSION_TIME: 1}),
    ({"started_at": [STARTED], "finished_at": {}}, 0, (), {LeftOut.SESSION_TIME: 1}),
    ({"started_at": True, "user_group_ids": [7]}, 0, (7,), {LeftOut.SESSION_TIME: 1}),
    (
        {"started_at": "x", "user_group_ids": "y"},
        0,
        (),
        {LeftOut.SESSION_TIME: 1, LeftOut.GROUPS: 1},
    ),
    ({"session": {"a": [None]}, "started_at": STARTED, "finished_at": FINISHED}, 30_000, (), {}),
]
WHOLE: list[tuple[Any, int, tuple[int, ...], dict[LeftOut, int]]] = [
    (None, 0, (), {}),
    ([], 0, (), {LeftOut.METADATA: 1}),
    ("{}", 0, (), {LeftOut.METADATA: 1}),
    (5, 0, (), {LeftOut.METADATA: 1}),
    (False, 0, (), {LeftOut.METADATA: 1}),
]


def by_stream(_: Write) -> Door:
    return lambda metadata: read_payload([classification(metadata=metadata)], NOW)


def by_lines(write: Write) -> Door:
    return lambda metadata: read_all(write(json.dumps(classification(metadata=metadata))))


def by_export(write: Write) -> Door:
    return lambda metadata: read_all(write(export(ROW | {"metadata": json.dumps(metadata)})))


def by_table(write: Write) -> Door:
    """The cells that PostgreSQL and others write for the same."""

    def read(metadata: Any) -> Batch:
        cells = {
            "classification_id": "5",
            "event_time": "2021-12-21 11:41:31",
            "project_id": "12",
            "workflow_id": "105",
            "user_id": "1021",
        }
        for name, value in metadata.items():
            cells[name] = "" if value is None else value
            if not isinstance(value, str | None):
                cells[name] = json.dumps(value)
        return read_all(write(export(cells)))

    return read


@pytest.mark.parametrize("door", [by_stream, by_lines, by_export])
@pytest.mark.parametrize(("metadata", "session_ms", "groups", "left_out"), CASES + WHOLE)
def test_it_counts_and_what_cannot_be_used_is_left_out_and_noted(
    write: Write,
    door: Callable[[Write], Door],
    metadata: Any,
    session_ms: int,
    groups: tuple[int, ...],
    left_out: dict[LeftOut, int],
) -> None:
    batch = door(write)(metadata)
    assert batch.rejects == []
    [read] = batch.classifications
    assert (read.session_ms, read.group_ids, batch.left_out) == (session_ms, groups, left_out)


@pytest.mark.parametrize(("metadata", "session_ms", "groups", "left_out"), CASES)
def test_a_table_of_it_says_the_same(
    write: Write,
    metadata: Any,
    session_ms: int,
    groups: tuple[int, ...],
    left_out: dict[LeftOut, int],
) -> None:
    if metadata.get("finished_at") is None and "started_at" in metadata:
        # There the two are columns: where one lacks, ``session_time`` stands in for both.
        left_out = {what: n for what, n in left_out.items() if what is not LeftOut.SESSION_TIME}
    batch = by_table(write)(metadata)
    assert batch.rejects == []
    [read] = batch.classifications
    assert (read.session_ms, read.group_ids, batch.left_out) == (session_ms, groups, left_out)


@pytest.mark.parametrize(
    ("column", "value", "groups", "left_out"),
    [
        ("user_group_ids", "[501, NULL]::BIGINT[]", (501,), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "[NULL]::BIGINT[]", (), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "['abc', '7']", (7,), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "[501.5, 7, 'nan'::DOUBLE]", (7,), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "[[501], [7]]", (), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "[true]", (), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "[-1, 0, 7]", (7,), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "[1e30::DOUBLE, 7]", (7,), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "[18446744073709551616::HUGEINT, 7]", (7,), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "[7, 9223372036854775808::UBIGINT]", (7,), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "[1.5::DECIMAL(9, 1), 7]", (7,), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "501", (), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "'7'", (), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "'{501,NULL}'", (501,), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "{'a': 501}", (), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "MAP {'a': 501}", (), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "'501'::BLOB", (), {LeftOut.GROUPS: 1}),
        ("user_group_ids", "range(1, 1001)", tuple(range(1, 1_001)), {}),
        ("user_group_ids", "range(1, 1002)", (), {LeftOut.TOO_MANY_GROUPS: 1}),
        ("user_group_ids", "range(1, 500001)", (), {LeftOut.TOO_MANY_GROUPS: 1}),
        ("user_group_ids", "range(1, 500001)::VARCHAR", (), {LeftOut.TOO_MANY_GROUPS: 1}),
        ("started_at", "'Invalid Date'", (), {LeftOut.SESSION_TIME: 1}),
        ("started_at", "5", (), {LeftOut.SESSION_TIME: 1}),
        ("started_at", "[TIMESTAMP '2021-12-21 11:41:00']", (), {LeftOut.SESSION_TIME: 1}),
        ("started_at", "true", (), {LeftOut.SESSION_TIME: 1}),
        ("started_at", "TIMESTAMP 'infinity'", (), {}),
        ("session_time", "'long'", (), {LeftOut.SESSION_TIME: 1}),
        ("session_time", "[5]", (), {LeftOut.SESSION_TIME: 1}),
        ("session_time", "'nan'::DOUBLE", (), {}),
    ],
)
def test_a_parquet_table_of_any_types_says_the_same(
    tmp_path: Path,
    column: str,
    value: str,
    groups: tuple[int, ...],
    left_out: dict[LeftOut, int],
) -> None:
    path = tmp_path / "events.parquet"
    cells = {
        "classification_id": "5",
        "event_time": "TIMESTAMP '2021-12-21 11:41:31'",
        "project_id": "12",
        "workflow_id": "105",
        "user_id": "1021",
    }
    if column == "started_at":
        cells["finished_at"] = "TIMESTAMP '2021-12-21 11:41:30'"
    cells[column] = value
    select = ", ".join(f"{cell} AS {name}" for name, cell in cells.items())
    duckdb.connect().execute(f"COPY (SELECT {select}) TO '{path}' (FORMAT parquet)")
    batch = read_all(str(path))
    assert batch.rejects == []
    [read] = batch.classifications
    assert (read.session_ms, read.group_ids, batch.left_out) == (0, groups, left_out)


def test_times_as_far_apart_as_can_be_written_stop_nothing(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    duckdb.connect().execute(
        "COPY (SELECT 5 AS classification_id, TIMESTAMP '2021-12-21 11:41:31' AS event_time, "
        "12 AS project_id, 105 AS workflow_id, 1021 AS user_id, "
        "TIMESTAMP '290000-12-21 (BC) 00:00:00' AS started_at, "
        f"TIMESTAMP '294000-12-21 00:00:00' AS finished_at) TO '{path}' (FORMAT parquet)"
    )
    [read] = read_all(str(path)).classifications
    assert read.session_ms == 10_800_000


def test_anonymous_work_counts_to_no_group_whatever_is_claimed() -> None:
    left_out = Counter[LeftOut]()
    metadata = {"user_group_ids": [None]}
    read = read_metadata(metadata, None, 1_000, left_out)
    assert (read, left_out) == ((0, ()), {})


def test_of_a_refused_event_nothing_is_noted() -> None:
    event = classification(metadata={"user_group_ids": [None]}, links={"user": 1})
    batch = read_payload([event], NOW)
    assert (len(batch.rejects), batch.left_out) == (1, {})


def test_a_batch_ends_when_its_events_list_many_groups(tmp_path: Path, write: Write) -> None:
    groups = list(range(1, 1_001))
    line = json.dumps(classification(metadata={"user_group_ids": groups})) + "\n"
    source = open_source(write(line * 1_200), Origin())
    assert [len(batch) for batch in source.batches(NOW)] == [500, 500, 200]
    path = tmp_path / "events.parquet"
    duckdb.connect().execute(
        "COPY (SELECT range + 1 AS classification_id, TIMESTAMP '2021-12-21 11:41:31' AS "
        "event_time, 12 AS project_id, 105 AS workflow_id, 1021 AS user_id, "
        f"range(1, 1001) AS user_group_ids FROM range(3000)) TO '{path}' (FORMAT parquet)"
    )
    assert [len(batch) for batch in open_source(str(path), Origin()).batches(NOW)] == [2_048, 952]
