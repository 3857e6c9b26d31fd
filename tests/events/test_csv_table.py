from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import UnreadableFile
from gateway.events import text
from gateway.events.event import Classification, Comment, Reject
from gateway.events.exports import Origin
from gateway.events.forms import Form
from gateway.events.opening import open_source
from tests.events.conftest import NOW, read_all

Write = Callable[..., str]

CLASSIFICATIONS = (
    "classification_id,event_time,classification_updated_at,started_at,finished_at,project_id,"
    "workflow_id,user_id,user_group_ids,session_time,already_seen\n"
)
EXPORT = "classification_id,user_id,workflow_id,created_at,metadata,note\n"


@pytest.mark.parametrize("packed", [False, True])
def test_a_table_of_classifications_is_read(write: Write, packed: bool) -> None:
    path = write(
        CLASSIFICATIONS
        + '5,2021-12-21 11:41:31+00,2021-12-21 11:41:31+00,,,12,105,1021,"{3,9}",2.5,t\n'
        + r"6,2021-12-21 11:41:31+00,\N,\N,\N,\N,105,\N,\N,\N,f"
        + "\n",
        packed=packed,
    )
    instant = 1_640_086_891_000_000
    batch = read_all(path)
    assert open_source(path, Origin()).form is Form.CLASSIFICATIONS
    assert batch.classifications == [
        Classification(5, instant, instant, 1021, 12, 105, 2_500, (3, 9)),
        Classification(6, instant, None, None, 0, 105, 0, ()),
    ]
    assert batch.names.workflows == {105: (12, None)}


def test_a_table_of_comments_is_read(write: Write) -> None:
    path = write(
        "comment_id,event_time,comment_updated_at,project_id,user_id\n"
        "9,2021-12-21 11:41:31+00,,14,1002\nx,,,,\n"
    )
    batch = read_all(path)
    assert open_source(path, Origin()).form is Form.COMMENTS
    assert batch.comments == [Comment(9, 1_640_086_891_000_000, None, 1002, 14)]
    assert [(reject.position, reject.event_id) for reject in batch.rejects] == [(3, "x")]


def test_rejects_say_on_which_line_their_row_begins(write: Write) -> None:
    good = '1,,7,2020-01-01 00:00:00 UTC,{},"three\n\nlines"\n'
    path = write(EXPORT + good + "2,,7,never,{},\n" + "\n" + good + "3,,,,,\n")
    batch = read_all(path)
    assert len(batch) == 2
    assert [(reject.position, reject.event_id) for reject in batch.rejects] == [(5, "2"), (10, "3")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,,7\n", "The row has 3 cells, but the header has 6."),
        ("2,,7,2020-01-01 00:00:00 UTC,{},,,\n", "The row has 8 cells, but the header has 6."),
        ('2,,"7"x,,{},\n', "The row is not CSV: ',' expected after '\"'."),
    ],
)
def test_a_damaged_row_is_refused_and_the_rest_is_read(write: Write, row: str, reason: str) -> None:
    good = "1,,7,2020-01-01 00:00:00 UTC,{},\n"
    batch = read_all(write(EXPORT + good + row + good))
    assert len(batch) == 2
    assert [(reject.position, reject.reason) for reject in batch.rejects] == [(3, reason)]


def test_a_row_that_is_cut_off_inside_a_quote_is_refused(write: Write) -> None:
    good = "1,,7,2020-01-01 00:00:00 UTC,{},\n"
    batch = read_all(write(EXPORT + good + '2,,7,2020-01-01 00:00:00 UTC,"{""started'))
    assert len(batch) == 1
    assert batch.rejects == [Reject(3, "2", "A quoted cell of the row is never closed.")]


def test_a_cell_beyond_the_limit_is_refused_and_the_rest_is_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.events.csv_table.LARGEST_CELL", 1_000)
    good = "1,,7,2020-01-01 00:00:00 UTC,{},\n"
    long = f"2,,7,2020-01-01 00:00:00 UTC,{{}},{'x' * 1_001}\n"
    batch = read_all(write(EXPORT + long + good))
    assert [event.id for event in batch.classifications] == [1]
    assert batch.rejects == [
        Reject(2, "2", "The row is not CSV: field larger than field limit (1000).")
    ]


def test_large_cells_are_read(write: Write) -> None:
    cell = "long line\n" * 100_000
    row = f'1,,7,2020-01-01 00:00:00 UTC,{{}},"{cell}"\n'
    assert len(read_all(write(EXPORT + row))) == 1


def test_a_byte_that_is_no_utf8_is_read_as_windows_1252(write: Write) -> None:
    text = "classification_id,user_id,user_name,workflow_id,created_at,metadata\n"
    row = "1,5,Jos\xe9\x00,7,2020-01-01 00:00:00 UTC,{}\n"
    batch = read_all(write(text.encode() + row.encode("latin-1")))
    assert batch.rejects == []
    assert batch.names.users == {5: "José"}


def test_batches_hold_as_many_events_as_asked_for(write: Write) -> None:
    good = "1,,7,2020-01-01 00:00:00 UTC,{},\n"
    source = open_source(write(EXPORT + good * 3 + "x\n" + good), Origin())
    sizes = [len(batch) + len(batch.rejects) for batch in source.batches(NOW, 2)]
    assert sizes == [2, 2, 1]


def test_an_unknown_project_is_remarked_upon(write: Write) -> None:
    path = write(EXPORT + "1,,7,2020-01-01 00:00:00 UTC,{},\n" * 2, "cats.csv")
    unknown, known = open_source(path, Origin()), open_source(path, Origin(5))
    for source in (unknown, known):
        assert source.remarks == []
        assert sum(map(len, source.batches(NOW))) == 2
    assert known.remarks == []
    [remark] = unknown.remarks
    assert remark.startswith(f"{path}: 2 counted to no project")
    assert "--project-id" in remark


def test_endless_rows_that_cannot_be_counted_are_not_read_to_the_end(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.events.source.MOST_REFUSED", 20)
    path = write(EXPORT + "1,,7,2020-01-01 00:00:00 UTC,{},\n" + "x\n" * 1_000)
    with pytest.raises(UnreadableFile, match="the last 20 rows up to line 31 cannot be counted"):
        read_all(path, size=10)


def test_a_batch_of_a_file_ends_before_it_holds_much_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BATCH_SIZE", 10)
    monkeypatch.setattr(text, "FILE_BATCH_SIZE", 50)
    monkeypatch.setattr(text, "FILE_BATCH_BYTES", 2_000)
    header = "classification_id,user_id,workflow_id,created_at,metadata\n"
    short = [f"{number},,7,2020-01-01 00:00:00 UTC,{{}}\n" for number in range(1, 61)]
    long = [f"{number},,7,2020-01-01 00:00:00 UTC,{' ' * 1_000}{{}}\n" for number in range(61, 81)]
    path = tmp_path / "export.csv"
    path.write_text(header + "".join((*short, *long)))
    source = open_source(str(path), Origin())
    assert [len(batch) for batch in source.batches(NOW)] == [50, 12, 10, 8]
