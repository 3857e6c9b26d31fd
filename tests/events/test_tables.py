from __future__ import annotations

from collections import Counter

import pytest

from gateway.errors import InvalidEvent
from gateway.events.bounds import Bounds
from gateway.events.event import Classification, Comment
from gateway.events.instants import LAST_INSTANT
from gateway.events.left_out import LeftOut
from gateway.events.tables import (
    ClassificationRow,
    CommentRow,
    read_classification_row,
    read_comment_row,
    read_group_cell,
    read_seconds_ms,
)

BELIEVED = Bounds(LAST_INSTANT)

ROW = ClassificationRow(
    classification_id="600000001",
    event_time="2021-12-21 11:41:31.238+00",
    project_id="12",
    workflow_id="105",
    user_id="1021",
    classification_updated_at="2021-12-21 11:41:31.282+00",
    started_at="2021-12-21 11:13:21.863+00",
    finished_at="2021-12-21 11:41:30.988+00",
    user_group_ids="{9,3}",
    session_time="5",
)
READ = Classification(
    600000001, 1_640_086_891_238_000, 1_640_086_891_282_000, 1021, 12, 105, 1_689_125, (3, 9)
)


def read(row: ClassificationRow, bounds: Bounds = BELIEVED) -> Classification:
    """The row, of which nothing is left out."""
    left_out = Counter[LeftOut]()
    event = read_classification_row(row, bounds, left_out)
    assert not left_out
    return event


def test_cells_of_text_and_of_parquet_say_the_same() -> None:
    typed = ClassificationRow(
        600000001,
        1_640_086_891_238_000,
        12,
        105,
        1021.0,
        1_640_086_891_282_000,
        1_640_085_201_863_000,
        1_640_086_890_988_000,
        [9, 3, 9],
        5.0,
    )
    assert read(ROW) == READ
    assert read(typed) == READ


def test_missing_cells_are_anonymous_and_of_project_zero() -> None:
    row = ROW._replace(user_id=None, project_id=None, classification_updated_at=None)
    assert read(row) == READ._replace(user_id=None, project_id=0, updated_at=None, group_ids=())


@pytest.mark.parametrize("lacking", ["started_at", "finished_at"])
def test_session_time_stands_in_for_missing_instants(lacking: str) -> None:
    row = ROW._replace(**{lacking: None}, session_time="12.5")
    assert read(row).session_ms == 12_500


@pytest.mark.parametrize(
    ("cell", "milliseconds"),
    [
        (None, 0),
        ("", 0),
        ("nonsense", 0),
        ("NaN", 0),
        (float("nan"), 0),
        ("-1", 0),
        (-0.001, 0),
        (0, 0),
        ("0.125", 125),
        (0.0005, 1),
        ("0.00049", 0),
        (1_689.125, 1_689_125),
        ("10799.9994", 10_799_999),
        ("10800", 10_800_000),
        (10_800.5, 10_800_000),
        ("Infinity", 10_800_000),
        ("1e999999", 10_800_000),
    ],
)
def test_seconds_become_milliseconds_within_bounds(cell: object, milliseconds: int) -> None:
    assert read_seconds_ms(cell, Counter()) == milliseconds


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        (None, ()),
        ("{}", ()),
        ("[]", ()),
        ([], ()),
        ("{2,1,2}", (1, 2)),
        ("[2, 1, 2]", (1, 2)),
        ('["2", "1"]', (1, 2)),
        ([2, 1, 2], (1, 2)),
        ([2.0, "1"], (1, 2)),
    ],
)
def test_groups_are_a_list_in_any_notation(cell: object, ids: tuple[int, ...]) -> None:
    left_out = Counter[LeftOut]()
    assert (read_group_cell(cell, 1_000, left_out), left_out) == (ids, {})


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("5", ()),
        ("x", ()),
        ("{1;2}", ()),
        ("{NULL}", ()),
        ("{501,NULL,7}", (7, 501)),
        ('{"501",abc}', (501,)),
        ("{1", ()),
        ("[0]", ()),
        ("[501, null]", (501,)),
        ("[[501], 7]", (7,)),
        ([None], ()),
        ([501.5, 7.0, True], (7,)),
        ([float("nan"), 7], (7,)),
        ({"a": 1}, ()),
        (5, ()),
        (b"5", ()),
    ],
)
def test_what_is_no_id_is_left_out_of_a_list_and_noted(cell: object, ids: tuple[int, ...]) -> None:
    left_out = Counter[LeftOut]()
    assert read_group_cell(cell, 1_000, left_out) == ids
    assert left_out == {LeftOut.GROUPS: 1}


@pytest.mark.parametrize("cell", ["{1,2,3}", "[1, 2, 3]", [1, 2, 3], [1, 1, 1], "{,,}"])
def test_a_list_that_is_too_long_counts_to_no_group(cell: object) -> None:
    left_out = Counter[LeftOut]()
    assert read_group_cell(cell, 2, left_out) == ()
    assert left_out == {LeftOut.TOO_MANY_GROUPS: 1}
    assert read_group_cell("{1,2}", 2, left_out) == (1, 2)


@pytest.mark.parametrize(
    ("cells", "session_ms"),
    [
        ({"started_at": "yesterday"}, 0),
        ({"finished_at": "2021-13-21 11:41:30"}, 0),
        ({"finished_at": ["2021-12-21 11:41:30"]}, 0),
        ({"started_at": None, "session_time": "long"}, 0),
        ({"started_at": None, "session_time": [5]}, 0),
        ({"started_at": 1_640_085_201_863_000, "finished_at": "x"}, 0),
    ],
)
def test_a_time_that_cannot_be_read_counts_no_seconds_and_is_noted(
    cells: dict[str, object], session_ms: int
) -> None:
    left_out = Counter[LeftOut]()
    read = read_classification_row(ROW._replace(**cells), BELIEVED, left_out)
    assert read == READ._replace(session_ms=session_ms)
    assert left_out == {LeftOut.SESSION_TIME: 1}


def test_an_instant_and_a_text_are_as_far_apart_as_two_texts() -> None:
    assert read(ROW._replace(started_at=1_640_085_201_863_000)) == READ


@pytest.mark.parametrize("missing", ["nan", "NaN", "null", "None", "NULL", "NA", " ", r"\N"])
def test_words_for_a_missing_value_are_missing(missing: str) -> None:
    row = ClassificationRow(
        *ROW[:2], missing, ROW.workflow_id, missing, missing, missing, missing, missing, missing
    )
    assert read(row) == READ._replace(
        updated_at=None, user_id=None, project_id=0, session_ms=0, group_ids=()
    )


def test_a_number_that_is_none_is_missing() -> None:
    assert read(ROW._replace(user_id=float("nan"))).user_id is None


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"classification_id": None}, "classification_id is missing"),
        ({"classification_id": 2**63}, "classification_id is 9223372036854775808"),
        ({"event_time": None}, "event_time is missing"),
        ({"event_time": -1}, "event_time lies outside the years 1970 to 9999"),
        ({"event_time": 1_640_086_891_238_001}, "event_time lies more than a day ahead"),
        ({"classification_updated_at": "x"}, "classification_updated_at is 'x'"),
        ({"workflow_id": None}, "workflow_id is missing"),
        ({"project_id": 0}, "project_id is 0"),
        ({"user_id": "-3"}, "user_id is '-3'"),
    ],
)
def test_a_bad_cell_is_refused_by_name(cells: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidEvent, match=f"^{reason}"):
        read(ROW._replace(**cells), Bounds(1_640_086_891_238_000))


def test_a_comment_is_read_whole() -> None:
    row = CommentRow("7", "2021-12-21 17:00:50.618", None, "1002", "2021-12-22 00:00:00")
    instant, updated = 1_640_106_050_618_000, 1_640_131_200_000_000
    assert read_comment_row(row, BELIEVED) == Comment(7, instant, updated, 1002, 0)


def test_a_comment_ahead_of_time_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="event_time lies more than a day ahead"):
        read_comment_row(CommentRow(7, 11, 1, 1), Bounds(10))
