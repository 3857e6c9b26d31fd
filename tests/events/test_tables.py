from __future__ import annotations

import pytest

from gateway.errors import InvalidEvent
from gateway.events.event import Classification, Comment
from gateway.events.instants import LAST_INSTANT
from gateway.events.tables import (
    ClassificationRow,
    CommentRow,
    read_classification_row,
    read_comment_row,
    read_group_cell,
    read_seconds_ms,
)

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
    assert read_classification_row(ROW, LAST_INSTANT) == READ
    assert read_classification_row(typed, LAST_INSTANT) == READ


def test_missing_cells_are_anonymous_and_of_project_zero() -> None:
    row = ROW._replace(user_id=None, project_id=None, classification_updated_at=None)
    assert read_classification_row(row, LAST_INSTANT) == READ._replace(
        user_id=None, project_id=0, updated_at=None, group_ids=()
    )


@pytest.mark.parametrize("lacking", ["started_at", "finished_at"])
def test_session_time_stands_in_for_missing_instants(lacking: str) -> None:
    row = ROW._replace(**{lacking: None}, session_time="12.5")
    assert read_classification_row(row, LAST_INSTANT).session_ms == 12_500


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
    assert read_seconds_ms(cell) == milliseconds


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
    assert read_group_cell(cell) == ids


@pytest.mark.parametrize("cell", ["", "5", "{1;2}", "{NULL}", "{1", "[0]", [None], {"a": 1}, 5])
def test_what_is_no_list_of_ids_is_refused(cell: object) -> None:
    with pytest.raises(InvalidEvent, match="user_group_ids is"):
        read_group_cell(cell)


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
        ({"user_group_ids": "x"}, "user_group_ids is 'x'"),
    ],
)
def test_a_bad_cell_is_refused_by_name(cells: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidEvent, match=f"^{reason}"):
        read_classification_row(ROW._replace(**cells), latest=1_640_086_891_238_000)


def test_a_comment_is_read_whole() -> None:
    row = CommentRow("7", "2021-12-21 17:00:50.618", None, "1002", "2021-12-22 00:00:00")
    instant, updated = 1_640_106_050_618_000, 1_640_131_200_000_000
    assert read_comment_row(row, LAST_INSTANT) == Comment(7, instant, updated, 1002, 0)


def test_a_comment_ahead_of_time_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="event_time lies more than a day ahead"):
        read_comment_row(CommentRow(7, 11, 1, 1), latest=10)
