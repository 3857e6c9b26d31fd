from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import UnreadableFile
from gateway.events.event import Classification, Comment
from gateway.events.exports import Origin
from gateway.events.forms import Form
from gateway.events.opening import open_source
from tests.events.conftest import NOW, read_all
from tests.events.parquet_bytes import parquet_bytes, table

INSTANT = 1_640_086_891_238_000


@pytest.fixture
def parquet(tmp_path: Path):
    """Writes the rows of a SELECT and returns the file's path."""

    def write(select: str, name: str = "events") -> str:
        path = tmp_path / name
        path.write_bytes(parquet_bytes(select))
        return str(path)

    return write


READ = Classification(5, INSTANT, INSTANT, 1021, 12, 105, 30_500, (3, 9))


@pytest.mark.parametrize(
    ("cells", "changes"),
    [
        ({}, {}),
        ({"event_time": "'2021-12-21T12:41:31.238+01:00'"}, {}),
        ({"event_time": "TIMESTAMP_MS '2021-12-21 11:41:31.238'"}, {}),
        ({"event_time": "TIMESTAMP_NS '2021-12-21 11:41:31.238'"}, {}),
        ({"event_time": "DATE '2021-12-21'"}, {"event_time": 1_640_044_800_000_000}),
        ({"classification_id": "'5'", "user_id": "1021.0::DOUBLE"}, {}),
        ({"classification_id": "5::DECIMAL(20, 0)", "user_id": "1021::UBIGINT"}, {}),
        ({"user_id": "NULL::DOUBLE"}, {"user_id": None, "group_ids": ()}),
        ({"user_group_ids": "'{9,3}'"}, {}),
        ({"user_group_ids": "'[9,3]'"}, {}),
        ({"user_group_ids": "''"}, {"group_ids": ()}),
        ({"user_group_ids": "NULL::BIGINT[]"}, {"group_ids": ()}),
        ({"started_at": "NULL::TIMESTAMP"}, {"session_ms": 1_000}),
        (
            {"started_at": "'2021-12-21T11:41:00Z'", "finished_at": "'2021-12-21T11:41:01Z'"},
            {"session_ms": 1_000},
        ),
        ({"project_id": "NULL"}, {"project_id": 0}),
        ({"classification_updated_at": "NULL::TIMESTAMP"}, {"updated_at": None}),
    ],
)
def test_columns_are_read_in_any_type_they_are_written_in(
    parquet, cells: dict[str, str], changes: dict[str, object]
) -> None:
    path = parquet(table(**cells))
    batch = read_all(path)
    assert open_source(path, Origin()).form is Form.CLASSIFICATIONS
    assert (batch.classifications, batch.rejects) == ([READ._replace(**changes)], [])


def test_columns_that_may_lack_may_lack(parquet) -> None:
    path = parquet(
        "SELECT 5 AS classification_id, TIMESTAMP '2021-12-21 11:41:31.238' AS event_time, "
        "12 AS project_id, 105 AS workflow_id, 1021 AS user_id"
    )
    assert read_all(path).classifications == [
        Classification(5, INSTANT, None, 1021, 12, 105, 0, ())
    ]


def test_columns_are_known_in_any_letter_case(parquet) -> None:
    path = parquet(table().replace("AS event_time", 'AS "Event_Time"').replace("_id", "_ID"))
    assert (read_all(path).classifications, read_all(path).rejects) == ([READ], [])


def test_comments_are_read(parquet) -> None:
    path = parquet(
        "SELECT 9 AS comment_id, TIMESTAMP '2021-12-21 11:41:31.238' AS event_time, "
        "NULL::TIMESTAMP AS comment_updated_at, 14 AS project_id, 1002 AS user_id"
    )
    assert open_source(path, Origin()).form is Form.COMMENTS
    assert read_all(path).comments == [Comment(9, INSTANT, None, 1002, 14)]


def test_rows_keep_their_order_and_rejects_their_number(parquet) -> None:
    path = parquet(
        table(classification_id="range", workflow_id="nullif(range, 4)") + " FROM range(6)"
    )
    source = open_source(path, Origin())
    batches = list(source.batches(NOW, 4))
    assert [[event.id for event in batch.classifications] for batch in batches] == [[1, 2, 3], [5]]
    rejects = [reject for batch in batches for reject in batch.rejects]
    assert [(reject.position, reject.event_id) for reject in rejects] == [(1, "0"), (5, "4")]
    assert rejects[1].reason == "workflow_id is missing."


def test_an_infinite_time_is_a_missing_one(parquet) -> None:
    [reject] = read_all(parquet(table(event_time="TIMESTAMP 'infinity'"))).rejects
    assert reject.reason == "event_time is missing."


def test_a_path_is_no_pattern(parquet) -> None:
    path = parquet(table(), "odd [name]*?.parquet")
    parquet(table(), "odd n.parquet")
    assert len(read_all(path)) == 1


def test_an_empty_table_gives_nothing(parquet) -> None:
    assert len(read_all(parquet(table() + " WHERE false"))) == 0


def test_endless_rows_that_cannot_be_counted_are_not_read_to_the_end(
    parquet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.events.source.MOST_REFUSED", 20)
    path = parquet(table(workflow_id="NULL::BIGINT") + " FROM range(1000)")
    with pytest.raises(UnreadableFile, match="the last 20 rows up to row 20 cannot be counted"):
        read_all(path, size=10)


def test_progress_ends_at_the_size_of_the_file(parquet) -> None:
    path = parquet(table(classification_id="range + 1") + " FROM range(10)")
    source = open_source(path, Origin())
    seen = [source.bytes_read] + [source.bytes_read for _ in source.batches(NOW, 5)]
    size = Path(path).stat().st_size
    assert seen == [0, size // 2, size]
    assert source.total_bytes == size


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("SELECT 1 AS a, 2 AS b", "is Parquet with the columns a, b: it must be"),
        (table(event_time="5"), "has event_time as INTEGER: it must be a time or a text"),
        (
            "SELECT 1 AS classification_id, now() AS event_time",
            "without the column project_id, workflow_id, user_id",
        ),
    ],
)
def test_other_tables_are_unreadable(parquet, select: str, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        open_source(parquet(select), Origin())
