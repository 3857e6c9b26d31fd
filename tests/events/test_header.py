from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from gateway.events.event import Reject
from gateway.events.exports import Origin
from gateway.events.forms import Form
from gateway.events.header import FirstLine, Header, first_line, read_header
from gateway.events.opening import open_source
from tests.events.conftest import read_all
from tests.events.test_stream import comment

Write = Callable[..., str]

HEADER = b"classification_id,user_id,user_name,workflow_id,created_at,metadata"
ROWS = [b"1,5,ada,7,2020-01-01 00:00:00 UTC,{}", b"2,,,7,2020-01-02 00:00:00 UTC,{}", b"x,,,,,"]
BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(
    ("before", "blank"),
    [
        ([], 0),
        ([b""], 1),
        ([b"", b"", b""], 3),
        ([b"  ", b"\t", b" "], 3),
        ([BOM, b""], 2),
        ([BOM + b"  "], 1),
        ([b"", b"  " + BOM], 2),
        ([b",,,,,"], 1),
        ([b'"",""'], 1),
        ([b"sep=,"], 1),
        (["\xa0\u2028".encode(), "\u200b".encode()], 2),
        ([BOM + b"sep=;", b""], 2),
        ([b""] * 500, 500),
    ],
)
def test_blank_lines_before_the_header_change_nothing_but_the_numbers_of_lines(
    write: Write, before: list[bytes], blank: int, end: bytes
) -> None:
    batch = read_all(write(end.join([*before, HEADER, *ROWS])))
    assert [event.id for event in batch.classifications] == [1, 2]
    assert batch.names.users == {5: "ada"}
    assert [(reject.position, reject.event_id) for reject in batch.rejects] == [(blank + 4, "x")]


@pytest.mark.parametrize("mark", [b"", BOM])
@pytest.mark.parametrize("before", [b"\n", b"\r\n\r\n", b"  \n", b"\n" * 300])
def test_blank_lines_before_stream_events_change_nothing(
    write: Write, before: bytes, mark: bytes
) -> None:
    path = write(before + mark + json.dumps(comment(id=9)).encode() + b"\n")
    assert open_source(path, Origin()).form is Form.STREAM
    batch = read_all(path)
    assert [event.id for event in batch.comments] == [9]
    assert batch.rejects == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_what_parts_the_cells(write: Write, delimiter: str) -> None:
    lines = [HEADER, b'1,5,"a;d,\ta",7,2020-01-01 00:00:00 UTC,{}', b"2,,7"]
    text = b"\n".join(lines).decode()
    if delimiter != ",":
        text = text.replace(",", delimiter).replace(f"a;d{delimiter}\ta", "a;d,\ta")
    batch = read_all(write(text))
    assert batch.names.users == {5: "a;d,\ta"}
    assert batch.rejects == [Reject(3, "2", "The row has 3 cells, but the header has 6.")]


@pytest.mark.parametrize("change", [str.upper, str.title, str.swapcase])
def test_columns_are_known_in_any_letter_case(write: Write, change: Callable[[str], str]) -> None:
    path = write("\n".join([change(HEADER.decode()), *(row.decode() for row in ROWS[:2])]))
    assert [event.id for event in read_all(path).classifications] == [1, 2]


def test_spaces_and_quotes_around_columns_are_no_part_of_them(write: Write) -> None:
    header = ",".join(f' "{column}" ' for column in HEADER.decode().split(",")).replace(' "', '"')
    assert [
        event.id for event in read_all(write(f"{header}\n{ROWS[0].decode()}")).classifications
    ] == [1]


def test_the_first_line_that_says_something_is_found() -> None:
    assert first_line([b"\n", b" \r\n", BOM + b" a,b \r\n", b"c"]) == FirstLine(3, b"a,b")
    assert first_line([b"\n", BOM, b" "]) is None
    assert first_line([]) is None


def test_a_header_is_read_whatever_its_letters_are() -> None:
    assert read_header(b"A; b;C") == Header(";", ["a", "b", "c"])
    assert read_header(b"classification_id,Gr\xf6\xdfe").columns == [
        "classification_id",
        "gr\ufffd\ufffde",
    ]
