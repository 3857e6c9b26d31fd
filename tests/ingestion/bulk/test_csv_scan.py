"""A bulk load reads of a table in CSV what its reader reads, whoever takes the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.errors import UnreadableFile
from gateway.events.event import Batch, Classification, Names, Reject
from gateway.events.exports import Origin
from gateway.events.left_out import LeftOut
from gateway.events.names import merge_names
from gateway.events.opening import open_source
from gateway.ingestion.bulk.reading import BulkReader
from gateway.ingestion.bulk.spool import Spool, connect
from tests.events.conftest import NOW
from tests.events_of import comment
from tests.sampled import examples

HEADER = (
    b"classification_id,event_time,classification_updated_at,started_at,finished_at,project_id,"
    b"workflow_id,user_id,user_group_ids,session_time,already_seen\n"
)
FIRST = b"1,2022-01-01 00:00:27.29,2022-01-01 00:00:28,,,33,330,3879,[72],,f\n"
PLAIN = (
    FIRST
    + b"2,2022-01-01T00:00:27.290Z,,2022-01-01 00:00:00,2022-01-01 00:00:27.5,,330,,[],5,f\n"
    + b'"3",2022-01-01 00:00:27 UTC,,,,"1",330,5,"[3, 1,3]",,\n'
    + b'4,2022-01-01 00:00:27.123456+00,,,,1,330,5,"{9,8}",,"t"\n'
)
AGAIN = b"1,2023-01-01 00:00:27.29,2023-01-01 00:00:28,,,33,330,3879,[72],,f\n"


class Read(NamedTuple):
    events: list[Classification]
    rejects: list[Reject]
    left_out: Counter[LeftOut]
    names: Names
    damage: str | None
    remarks: list[str]


def by_reader(path: Path) -> Read:
    source = open_source(str(path), Origin())
    read = Read([], [], Counter(), Names(), None, [])
    try:
        for batch in source.batches(NOW, most_groups=3):
            read.events.extend(batch.classifications)
            read.rejects.extend(batch.rejects)
            read.left_out.update(batch.left_out)
            merge_names(read.names, batch.names)
    except UnreadableFile as error:
        read = read._replace(damage=str(error))
    return read._replace(remarks=source.remarks)


def by_bulk(path: Path) -> tuple[Read, bool]:
    """What a bulk load reads, and whether DuckDB took the plain rows."""
    source = open_source(str(path), Origin())
    read, scanned = Read([], [], Counter(), Names(), None, []), False

    def write(work: Callable[..., Any]) -> Any:
        merge_names(read.names, work.keywords["names"])  # type: ignore[attr-defined]

    with TemporaryDirectory() as name, connect(Path(name), 200) as duck:
        spool = Spool(duck, Path(name))
        spool.add(Batch(comments=[comment(number) for number in range(1, 8)]), None)
        reader = BulkReader(duck, spool, write, frozenset())
        try:
            for taken in reader.read(source, None, NOW, 3):
                scanned = scanned or taken.plain is not None
                read.rejects.extend(taken.batch.rejects)
                read.left_out.update(taken.batch.left_out)
        except UnreadableFile as error:
            read = read._replace(damage=str(error))
        spool.finish()
        found = duck.execute("SELECT * FROM classification_copy ORDER BY position").fetchall()
        spool.close()
    events = [
        Classification._make((*cells, tuple(groups or ()))) for _, _, _, *cells, groups in found
    ]
    return read._replace(events=events, remarks=source.remarks), scanned


def check(path: Path) -> bool:
    expected, (found, scanned) = by_reader(path), by_bulk(path)
    assert found == expected
    return scanned


#: What is all read by DuckDB, or line by line apart from it.
SCANNED = {
    "plain": PLAIN,
    "no end of line": PLAIN.rstrip(b"\n"),
    "CRLF": PLAIN.replace(b"\n", b"\r\n"),
    "CRLF, no end of line": PLAIN.replace(b"\n", b"\r\n").rstrip(b"\r\n"),
    "mark between": FIRST + b"\xef\xbb\xbf" + AGAIN,
    "copies": PLAIN + AGAIN + FIRST + AGAIN,
    "rejects between": FIRST + b"7,never,,,,1,600,1,[],1,f\n" + AGAIN + b"8,,,,,1,6,1,[],1,f\n",
    "huge ids": b"".join(
        b"%d,2022-01-01 00:00:27,,,,%d,330,%d,[%d],,f\n" % (n, n, n, n)
        for n in (2**31, 2**53 + 1, 2**63 - 1, 2**63, 10**19, 10**40, 0)
    ),
    "odd ids": b"".join(
        b"%s,2022-01-01 00:00:27,,,,1,330,%s,[1],,f\n" % (one, one)
        for one in (b"+5", b"-5", b"007", b"5.0", b"5e3", b" 5", b"5 ", b"1_0", b"0x5", b"\xd9\xa3")
    ),
    "missing": FIRST + b"5,2022-01-01 00:00:27,NA,null,\\N,None,330, ,nan,NaN,f\n",
    "times": b"".join(
        b"5,%s,%s,%s,%s,1,330,5,[1],7.25,f\n" % (one, one, one, other)
        for other in (b"2022-01-01 00:00:30", b"")
        for one in (
            *(b"2022-01-01 00:00:27+02", b"2022-01-01T00:00:27-07:30", b"2022-01-01 00:00"),
            *(b"2022-01-01", b"2022-02-30 00:00:00", b"2022-01-01 24:00:00", b"infinity"),
            *(b"2022-01-01 00:00:60", b"2022-01-01  00:00:27", b"0044-03-15 00:00:00 (BC)"),
            *(b"1969-12-31 23:59:59.999999", b"1970-01-01 00:00:00", b"9999-12-31 23:59:59"),
            *(b"2022-01-01 00:00:27.1234567", b"2022-01-01 00:00:27.", b"2022-1-1 00:00:27"),
            *(b"2022-01-01t00:00:27z", b"2022-01-01 00:00:27 +00", b"2022-01-01T00:00:27 UTC"),
            *(b"2022-01-01 00:00:27+0000", b"2022-01-01 00:00:27+00:00", b"12022-01-01 00:00:27"),
            *(b"2022-01-01 00:00:27 Europe/Berlin", b"epoch", b"1641000000", b"2022-W01-1"),
            *(b"2022-01-01 00:00:27.000001", b"2022-01-01 00:00:27.999999Z"),
        )
    ),
    "groups": b"".join(
        b"5,2022-01-01 00:00:27,,,,1,330,%s,%s,,f\n" % (user, one)
        for user in (b"5", b"")
        for one in (
            *(b'"[1,2,3]"', b'"[3,2,1]"', b'"[1,2,3,4]"', b'"{1,2,3,4}"', b'"[1,1,1,1]"', b"{}"),
            *(b"[0]", b"[-1]", b"[1.0]", b"[null]", b"[[1]]", b"[1}", b"{1]", b"{1]}", b"[", b"5"),
            *(b'"[1,]"', b'"[,1]"', b'" [1]"', b"[ 1 ]", b'"[1 ,2]"', b'"[1,  2]"', b"[01]"),
            *(b"[9223372036854775807]", b"[9223372036854775808]", b"[1e3]", b"x", b"{a}"),
        )
    ),
}
#: What is left to the reader as a whole.
WHOLE = {
    "quotes within": FIRST + b'5,2022-01-01 00:00:27,,,,1,330,5,"[""1""]",,f\n' + AGAIN,
    "spaces beside quotes": b'5 ,2022-01-01 00:00:27,,,,1,330, "5",[1],,f\n' + FIRST,
    "space after a quote": b'5,2022-01-01 00:00:27,,,,1,330,"5" ,[1],,f\n' + FIRST,
    "never closed": FIRST + b'5,2022-01-01 00:00:27,,,,1,330,"5,[1],,f\n' + AGAIN + FIRST,
    "never closed at the end": FIRST + b'5,2022-01-01 00:00:27,,,,1,330,5,[1],,"f\n',
    "text behind a quote": FIRST + b'5,2022-01-01 00:00:27,,,,1,330,"5"0,[1],,f\n',
    "quote in a cell": FIRST + b'5,2022-01-01 00:00:27,,,,1,330,5"0",[1],,f\n',
    "end of line in a cell": FIRST + b'5,2022-01-01 00:00:27,,,,1,330,5,[1],,"f\nf"\n' + AGAIN,
    "a row in a cell": FIRST + b'5,2022-01-01 00:00:27,,,,1,330,5,[1],,"f\n' + AGAIN[:-1] + b'"\n',
    "blank lines": FIRST + b"\n\n" + AGAIN + b"\n",
    "nothing but separators": FIRST + b",,,,,,,,,,\n" + AGAIN,
    "a blank line and an end of line in a cell": b'5,2022-01-01 00:00:27,,,,1,330,5,[1],,"f\nf"\n'
    + b"\n"
    + FIRST,
    "too few cells": FIRST + b"5,2022-01-01 00:00:27\n" + AGAIN,
    "too many cells": FIRST + AGAIN[:-1] + b",5\n" + FIRST,
    "two rows on a line": FIRST + FIRST[:-1] + AGAIN + FIRST,
    "header again": FIRST + HEADER + AGAIN,
    "header again without an end of line before": FIRST[:-1] + HEADER + AGAIN,
    "another header": FIRST + b"classification_id,event_time,workflow_id\n" + AGAIN,
    "mixed ends of lines": FIRST + AGAIN[:-1] + b"\r\n" + FIRST,
    "old ends of lines between": FIRST + AGAIN[:-1] + b"\r" + FIRST,
    "two ends of a line": FIRST[:-1] + b"\r\r\n" + AGAIN[:-1] + b"\r\n",
    "no UTF-8": FIRST + AGAIN[:-2] + b"\xe9\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", SCANNED)
def test_duckdb_takes_plain_rows(tmp_path: Path, name: str) -> None:
    path = tmp_path / "events [1].csv"
    for head in (HEADER, b"\xef\xbb\xbf" + HEADER):
        path.write_bytes(head.replace(b"\n", b"\r\n" if "CRLF" in name else b"\n") + SCANNED[name])
        assert check(path)


@pytest.mark.parametrize("name", WHOLE)
def test_what_may_have_to_do_with_other_lines_is_left_to_the_reader(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(HEADER + WHOLE[name])
    assert not check(path)


@pytest.mark.parametrize("delimiter", [b";", b"\t"])
def test_other_delimiters_and_columns(tmp_path: Path, delimiter: bytes) -> None:
    path = tmp_path / "events.csv"
    columns = [b"EVENT_TIME", b'"classification_id"', b"workflow_id", b"event_time", b"note"]
    columns += [b"user_id", b"project_id"]
    rows = [
        [
            b"2022-01-01 00:00:27",
            b"%d" % number,
            b"7",
            b"2023-01-01 00:00:27",
            b"\xc3\xa9",
            b"",
            b"2",
        ]
        for number in (1, 2)
    ]
    path.write_bytes(b"\n".join(map(delimiter.join, [columns, *rows])))
    assert check(path)


@pytest.mark.parametrize("before", [b"\n", b"sep=,\n"])
def test_a_header_that_is_not_the_first_line(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(before + HEADER + PLAIN)
    assert not check(path)


def test_many_rows_keep_their_places(tmp_path: Path) -> None:
    """More than DuckDB reads at once."""
    path = tmp_path / "events.csv"
    with path.open("wb") as file:
        file.write(HEADER)
        for number in range(300_000):
            odd = b"+" if number % 50_000 == 49_999 else b""
            file.write(b"%s%d" % (odd, number + 1) + FIRST[1:])
    assert check(path)


CELLS = st.sampled_from(
    [b"", b"5", b'"5"', b'""', b" ", b'"', b'5"', b"2022-01-01 00:00:27", b"[1]", b'"[1,2]"', b"x"]
)
LINES = st.lists(CELLS, min_size=5, max_size=7).map(b",".join)
ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\n"])


@given(st.lists(st.tuples(LINES, ENDS), max_size=4))
@example([(b'5,"2022-01-01 00:00:27",5,"[1,2]",5,', b"\n"), (b',"5 ,', b"\n")])
@settings(max_examples=examples(60), deadline=None)
def test_any_lines(lines: list[tuple[bytes, bytes]]) -> None:
    header = b"classification_id,event_time,workflow_id,user_group_ids,user_id,project_id\n"
    good = b"5,2022-01-01 00:00:27,7,[1],5,\n"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        path.write_bytes(header + good + b"".join(line + end for line, end in lines) + good)
        check(path)
