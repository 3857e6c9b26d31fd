"""A damaged row takes no other row with it, and none goes without a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from gateway.errors import UnreadableFile
from gateway.events.event import Batch, Reject
from gateway.events.exports import Origin
from gateway.events.opening import open_source
from tests.events.conftest import NOW, read_all

Write = Callable[..., str]

HEADER = "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata,note\n"
NEVER_CLOSED = "A quoted cell of the row is never closed."
NO_CSV = "The row is not CSV: ',' expected after '\"'."


def row(number: int, name: str = "Count", note: str = "") -> str:
    return f"{number},5,ada,7,{name},2020-01-01 00:00:00 UTC,{{}},{note}\n"


def read(write: Write, *parts: str, header: str = HEADER) -> Batch:
    return read_all(write(header + "".join(parts)))


def ids(batch: Batch) -> list[int]:
    return [event.id for event in batch.classifications]


def told(batch: Batch) -> list[tuple[int, str | None]]:
    return [(reject.position, reject.event_id) for reject in batch.rejects]


def test_a_quote_that_never_ends_takes_only_its_row(write: Write) -> None:
    rows = [row(number, '"Count' if number == 2 else "Count") for number in range(1, 101)]
    batch = read(write, *rows)
    assert ids(batch) == [1, *range(3, 101)]
    assert batch.rejects == [Reject(3, "2", NEVER_CLOSED)]


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (row(2).replace("2,", '"2,', 1), NEVER_CLOSED),
        (row(2, note='"'), NEVER_CLOSED),
        (row(2, name='"'), NEVER_CLOSED),
        (row(2, note='"a ""b"" c'), NEVER_CLOSED),
        (row(2, name='"a" b'), NO_CSV),
        (row(2, name='""a'), NO_CSV),
        ("2,5,ada,7\n", "The row has 4 cells, but the header has 8."),
        ('2,5,"ada\n', NEVER_CLOSED),
        ("2\n", "The row has 1 cells, but the header has 8."),
        (row(2, name="a,b"), "The row has 9 cells, but the header has 8."),
    ],
)
@pytest.mark.parametrize("together", [1, 3])
def test_damaged_rows_take_no_other(write: Write, damaged: str, reason: str, together: int) -> None:
    spans = row(4, note='"two\nlines"')
    batch = read(write, row(1), damaged * together, row(3), spans, damaged, spans, row(5))
    assert ids(batch) == [1, 3, 4, 4, 5]
    lines = [*range(3, 3 + together), together + 6]
    assert [reject.position for reject in batch.rejects] == lines
    assert {reject.reason for reject in batch.rejects} == {reason}


def test_rows_that_truly_span_lines_are_read(write: Write) -> None:
    notes = [
        '"two\nlines"',
        '"\n\n\n"',
        '"12,5,ada\n13\n14,"',
        '"2020-01-01 00:00:00 UTC,7\r\nx"',
        '"a ""quote""\n""another"""',
        # as many numbers as there are columns
        '"\n0,1,2,3,4,5,6,7\n12,1,2,3,4,5,6,7\n8,9,""a,b"",3,4,5\n"',
    ]
    batch = read(write, *(row(number, note=note) for number, note in enumerate(notes, 1)), "x\n")
    assert ids(batch) == [1, 2, 3, 4, 5, 6]
    assert told(batch) == [(20, "x")]


def test_a_line_that_is_a_row_ends_the_row_before_it_whatever_its_quotes_say(
    write: Write,
) -> None:
    batch = read(write, row(1, note='"\n' + row(2).rstrip("\n")), 'x"\n', row(3))
    assert ids(batch) == [2, 3]
    assert told(batch)[0] == (2, "1")


@pytest.mark.parametrize("time", ["", "NA", "2020-01-01 00:00:00 UTC", '"2020-01-01T00:00"'])
def test_a_row_without_a_time_is_no_part_of_the_one_before_it(write: Write, time: str) -> None:
    header = "classification_id,created_at,user_id,workflow_id,workflow_name\n"
    damaged = f'1,2020-01-01 00:00:00 UTC,5,7,"Count\n2,{time},5,7,Count"\n'
    batch = read(write, damaged, "3,2020-01-01 00:00:00 UTC,5,7,Count\n", header=header)
    assert ids(batch)[-1] == 3
    assert len(batch) + len(batch.rejects) == 3


def test_a_row_that_spans_lines_names_them_where_it_is_refused(write: Write) -> None:
    late = row(2, note='"two\n\nlines"').replace("2020", "never")
    spoiled = row(4, name='""x', note='"two\nlines\nand more"')
    batch = read(write, row(1), late, row(3), spoiled, row(5))
    assert ids(batch) == [1, 3, 5]
    assert [(reject.position, reject.reason.rpartition(" It ")[2]) for reject in batch.rejects] == [
        (3, "takes the lines 3 to 5."),
        (7, "takes the lines 7 to 9."),
    ]


def test_blank_lines_belong_to_no_row(write: Write) -> None:
    batch = read(write, "\n", row(1), "  \n\r\n", '2,"\n', "\n\n", row(3), "\t\n", "x\n")
    assert ids(batch) == [1, 3]
    assert told(batch) == [(6, "2"), (11, "x")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["5,5,ada,7", '5,5,"ada', "5", row(5, note='"x').rstrip()])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_at_the_seam_of_two_files_a_cut_row_takes_only_itself(
    write: Write, last: str, end: str, mark: str
) -> None:
    first = HEADER + row(1) + row(2, note='"two\nlines"') + last
    second = mark + HEADER + row(3) + row(4)
    batch = read_all(write((first + second).replace("\n", end)))
    assert ids(batch) == [1, 2, 3, 4]
    assert told(batch) == [(5, "5")]


@pytest.mark.parametrize("between", ["", "\n", "\r\n\r\n"])
@pytest.mark.parametrize(
    "header", [HEADER, HEADER.upper(), "\ufeff" + HEADER, HEADER.replace("user_id", '"user_id" ')]
)
def test_files_that_are_put_together_are_read_as_one(
    write: Write, between: str, header: str
) -> None:
    path = write(HEADER + row(1).rstrip("\n") + (between or "\n") + header + row(2))
    source = open_source(path, Origin(5))
    [batch] = source.batches(NOW)
    assert ids(batch) == [1, 2]
    assert batch.rejects == []
    assert source.remarks == [
        f"{path}: 1 header between the rows was skipped: the file was put together from "
        "several files."
    ]


def test_a_last_row_that_has_no_line_end_is_whole(write: Write) -> None:
    batch = read(write, row(1).rstrip("\n"), HEADER, row(2).rstrip("\n"))
    assert ids(batch) == [1, 2]
    assert batch.rejects == []


def test_a_second_table_may_part_its_cells_by_something_else(write: Write) -> None:
    other = (HEADER + row(2) + row(3)).replace(",", ";")
    assert ids(read(write, row(1), other)) == [1, 2, 3]


def test_a_second_table_with_other_columns_stops_reading(write: Write) -> None:
    other = "user_name,classification_id,created_at,x\n"
    path = write(HEADER + row(1) + other + "ada,2,2020-01-01 00:00:00 UTC,\n")
    batches = open_source(path, Origin()).batches(NOW)
    assert ids(next(batches)) == [1]
    with pytest.raises(
        UnreadableFile, match=r"holds a second table, with other columns, after line 2:"
    ):
        next(batches)


@pytest.mark.parametrize("rows", [2, 3, 5])
def test_each_of_the_rows_is_told_that_lost_the_line_ends_between_them(
    write: Write, rows: int
) -> None:
    joined = "".join(row(number, note="9").rstrip("\n") for number in range(10, 10 + rows))
    batch = read(write, row(1), f"{joined}\n", row(2))
    assert ids(batch) == [1, 2]
    assert told(batch) == [(3, "10"), *[(3, None)] * (rows - 1)]


def test_the_id_may_stand_in_any_column(write: Write) -> None:
    header = "created_at,user_id,classification_id,workflow_id,metadata\n"
    rows = [f"2020-01-01 00:00:00 UTC,5,{number},7,{{}}\n" for number in range(1, 6)]
    rows[2] = rows[2].replace("{}", '"{}')
    batch = read(write, *rows, header=header)
    assert ids(batch) == [1, 2, 4, 5]
    assert batch.rejects == [Reject(4, "3", NEVER_CLOSED)]


def test_an_index_may_stand_before_the_id(write: Write) -> None:
    rows = [f"{number - 1},{row(number)}" for number in range(1, 6)]
    rows[2] = rows[2].replace("Count", '"Count')
    batch = read(write, *rows, header=f",{HEADER}")
    assert ids(batch) == [1, 2, 4, 5]
    assert batch.rejects == [Reject(4, "3", NEVER_CLOSED)]


@pytest.mark.parametrize("damaged", [[1, 2, 3, 4], [1, 3], [4]])
def test_damage_at_the_end_is_told(write: Write, damaged: Sequence[int]) -> None:
    rows = [row(n, '"Count' if n in damaged else "Count") for n in range(1, 5)]
    batch = read(write, *rows)
    assert ids(batch) == [number for number in range(1, 5) if number not in damaged]
    assert [position - 1 for position, _ in told(batch)] == damaged


def test_lines_without_quotes_are_rows_of_their_own(write: Write) -> None:
    batch = read(write, row(1), "x\ny\n,,z\n", row(2))
    assert ids(batch) == [1, 2]
    assert told(batch) == [(3, "x"), (4, "y"), (5, None)]


@pytest.mark.parametrize("blank", [",,,,,,,\n", ",\n", ' , ,"",\r\n', ";;;\n", "\xa0\n", ",,,,,,,"])
def test_a_row_of_delimiters_alone_is_none(write: Write, blank: str) -> None:
    batch = read(write, row(1), blank.rstrip("\r\n") + "\n", row(2), "x\n", blank)
    assert ids(batch) == [1, 2]
    assert told(batch) == [(5, "x")]


def test_old_line_ends_behind_others_are_line_ends(write: Write) -> None:
    batch = read(write, row(1), (HEADER + row(2) + row(3)).replace("\n", "\r"))
    assert ids(batch) == [1, 2, 3]
    assert batch.rejects == []
