"""Real exports, damaged: only damaged rows may be missing, each is told, and the counts add up."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.events.event import Batch, Classification
from tests.events.conftest import DEMO, read_all
from tests.sampled import examples

EXPORTS = ("cat-project", "wildcam-gorongosa", "wildlife-watch-kenya")
ROWS = 20

Damage = Callable[[str, int], str]


def a_quote_put_in(row: str, at: int) -> str:
    at %= len(row) + 1
    return f'{row[:at]}"{row[at:]}'


def a_quote_taken_out(row: str, at: int) -> str:
    quotes = [place for place, letter in enumerate(row) if letter == '"']
    place = quotes[at % len(quotes)]
    return row[:place] + row[place + 1 :]


def a_cell_taken_out(row: str, at: int) -> str:
    cells = next(csv.reader([row]))
    del cells[at % len(cells)]
    return written(cells)


def a_cell_cut(row: str, at: int) -> str:
    cells = next(csv.reader([row]))
    # An id that was cut is another id, which nobody can tell.
    places = [place for place, cell in enumerate(cells) if place and len(cell) > 1]
    place = places[at % len(places)]
    cells[place] = cells[place][: at % (len(cells[place]) - 1) + 1]
    return written(cells)


def a_line_cut(row: str, at: int) -> str:
    return row[: at % (len(row) - 1) + 1]


DAMAGES: list[Damage] = [
    a_quote_put_in,
    a_quote_taken_out,
    a_cell_taken_out,
    a_cell_cut,
    a_line_cut,
]


def written(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


@cache
def export(name: str) -> tuple[str, tuple[str, ...]]:
    """The header and the first rows of an export, which all take one line."""
    with gzip.open(DEMO / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        header, *rows = (
            line.rstrip("\r\n") for _, line in zip(range(ROWS + 1), file, strict=False)
        )
    return header, tuple(rows)


def read(text: str) -> Batch:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "export.csv"
        path.write_bytes(text.encode())
        return read_all(str(path))


@cache
def undamaged(name: str) -> tuple[Classification, ...]:
    header, rows = export(name)
    batch = read("\n".join([header, *rows]))
    assert len(batch) == len(rows) == ROWS
    return tuple(batch.classifications)


def lines_told(batch: Batch) -> set[int]:
    """The lines that the rejects name."""
    told: set[int] = set()
    for reject in batch.rejects:
        _, _, lines = reject.reason.partition(" It takes the lines ")
        last = int(lines.rstrip(".").split(" to ")[1]) if lines else reject.position
        told |= {*range(reject.position, last + 1)}
    return told


@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(EXPORTS),
    damaged=st.dictionaries(
        st.integers(0, ROWS - 1),
        st.tuples(st.sampled_from(DAMAGES), st.integers(0, 10_000)),
        min_size=1,
        max_size=ROWS,
    ),
)
def test_only_damaged_rows_may_be_missing_and_each_is_told(
    name: str, damaged: dict[int, tuple[Damage, int]]
) -> None:
    header, rows = export(name)
    lines = [
        damaged[place][0](row, damaged[place][1]) if place in damaged else row
        for place, row in enumerate(rows)
    ]
    batch = read("\n".join([header, *lines, ""]))
    counted = set(batch.classifications)
    told = lines_told(batch)
    ids = {event.id for event in counted}
    for place, event in enumerate(undamaged(name)):
        if place in damaged:
            # It may count, as something else if its damage cannot be seen; else it is told.
            assert event.id in ids or place + 2 in told
        else:
            assert event in counted
            assert place + 2 not in told
    assert len(batch) + len(batch.rejects) == ROWS


@settings(max_examples=examples(100), deadline=None)
@given(
    name=st.sampled_from(EXPORTS),
    lost=st.sets(st.integers(0, ROWS - 1), min_size=1, max_size=ROWS),
)
def test_rows_that_lost_the_line_ends_between_them_are_told(name: str, lost: set[int]) -> None:
    header, rows = export(name)
    text = header + "\n"
    line, lines = 2, []
    for place, row in enumerate(rows):
        lines.append(line)
        text += row if place in lost else f"{row}\n"
        line += place not in lost
    batch = read(text)
    alone = {at for at in lines if lines.count(at) == 1}
    assert set(batch.classifications) == {
        event for event, at in zip(undamaged(name), lines, strict=True) if at in alone
    }
    assert sorted(reject.position for reject in batch.rejects) == [
        at for at in lines if at not in alone
    ]


@settings(max_examples=examples(100), deadline=None)
@given(
    first=st.sampled_from(EXPORTS),
    second=st.sampled_from(EXPORTS),
    at=st.integers(0, 10_000),
)
def test_at_the_seam_of_two_exports_a_cut_row_takes_only_itself(
    first: str, second: str, at: int
) -> None:
    header, rows = export(first)
    cut = a_line_cut(rows[-1], at)
    text = "\n".join([header, *rows[:-1], cut]) + "\n".join([header, *export(second)[1]])
    batch = read(text)
    events = [*undamaged(first)[:-1], *undamaged(second)]
    assert [*batch.classifications[: ROWS - 1], *batch.classifications[-ROWS:]] == events
    assert len(batch) + len(batch.rejects) == 2 * ROWS
    assert lines_told(batch) <= {ROWS + 1}
