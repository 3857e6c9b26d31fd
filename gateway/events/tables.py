"""Rows in the columns of ERAS's tables, in which a site imports its history.

A cell has the type of its file: a text from CSV; from Parquet a number, a list, or an instant
already in microseconds.
"""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple

import orjson

from gateway.events.bounds import Bounds
from gateway.events.event import Batch, Classification, Comment
from gateway.events.ids import read_cell_group_ids, read_cell_id
from gateway.events.instants import (
    LONGEST_SESSION_MS,
    bounded_instant,
    check_not_future,
    parse_instant,
    read_instant,
    session_ms,
)
from gateway.events.left_out import LeftOut
from gateway.events.missing import given
from gateway.events.names import collect_names


class ClassificationRow(NamedTuple):
    """Row of ``classification_events``: the cells that are used; None if there is none."""

    classification_id: object
    event_time: object
    project_id: object
    workflow_id: object
    user_id: object
    classification_updated_at: object = None
    started_at: object = None
    finished_at: object = None
    user_group_ids: object = None
    #: Seconds, already bounded; used if one of the two instants is missing.
    session_time: object = None


class CommentRow(NamedTuple):
    """Row of ``comment_events``: its cells; None if there is none."""

    comment_id: object
    event_time: object
    project_id: object
    user_id: object
    comment_updated_at: object = None


def add_classification_row(batch: Batch, row: ClassificationRow, bounds: Bounds) -> None:
    """Add a row to a batch; InvalidEvent if it cannot be counted."""
    read = read_classification_row(row, bounds, batch.left_out)
    batch.classifications.append(read)
    collect_names(batch.names, read)


def add_comment_row(batch: Batch, row: CommentRow, bounds: Bounds) -> None:
    """Add a row to a batch; InvalidEvent if it cannot be counted."""
    read = read_comment_row(row, bounds)
    batch.comments.append(read)
    collect_names(batch.names, read)


def read_classification_row(
    row: ClassificationRow, bounds: Bounds, left_out: Counter[LeftOut]
) -> Classification:
    """Parse one row; InvalidEvent if it cannot be counted.

    Parts that are left out of a row that counts are counted in ``left_out``.
    """
    row = ClassificationRow._make(map(given, row))
    event_id = read_cell_id(row.classification_id, "classification_id")
    event_time = _read_instant(row.event_time, "event_time")
    check_not_future(event_time, bounds.latest, "event_time")
    updated, user, project = row.classification_updated_at, row.user_id, row.project_id
    return Classification(
        event_id,
        event_time,
        None if updated is None else _read_instant(updated, "classification_updated_at"),
        None if user is None else read_cell_id(user, "user_id"),
        0 if project is None else read_cell_id(project, "project_id"),
        read_cell_id(row.workflow_id, "workflow_id"),
        # Last: they count parts that are left out, only of a valid row.
        _read_session(row, left_out),
        () if user is None else read_group_cell(row.user_group_ids, bounds.groups, left_out),
    )


def read_comment_row(row: CommentRow, bounds: Bounds) -> Comment:
    """Parse one row; InvalidEvent if it cannot be counted."""
    row = CommentRow._make(map(given, row))
    event_id = read_cell_id(row.comment_id, "comment_id")
    event_time = _read_instant(row.event_time, "event_time")
    check_not_future(event_time, bounds.latest, "event_time")
    updated, user, project = row.comment_updated_at, row.user_id, row.project_id
    return Comment(
        event_id,
        event_time,
        None if updated is None else _read_instant(updated, "comment_updated_at"),
        None if user is None else read_cell_id(user, "user_id"),
        0 if project is None else read_cell_id(project, "project_id"),
    )


def read_group_cell(cell: object, most: int, left_out: Counter[LeftOut]) -> tuple[int, ...]:
    """Parse group ids from a list, a JSON list or PostgreSQL's ``{1,2}``: sorted, distinct.

    What is no id is skipped, and counted.
    """
    if not isinstance(cell, str):
        return read_cell_group_ids(cell, most, left_out)
    text = cell.strip()
    if text[0] == "{" and text[-1] == "}":
        inner = text[1:-1]
        # Counted before it is split: a cell may be megabytes of commas.
        if inner.count(",") >= most:
            left_out[LeftOut.TOO_MANY_GROUPS] += 1
            return ()
        # Ids need no quotes there, but may have them.
        values: object = [item.strip(' "') for item in inner.split(",")] if inner.strip() else []
    else:
        try:
            values = orjson.loads(text)
        except orjson.JSONDecodeError:
            values = text
    return read_cell_group_ids(values, most, left_out)


def read_seconds_ms(cell: object, left_out: Counter[LeftOut]) -> int:
    """Session time in milliseconds from a cell in seconds, halves up, bounded; 0 if missing.

    It is also 0 if the cell is no number, which is counted.
    """
    if cell is None:
        return 0
    try:
        seconds = Decimal(str(cell))
    except InvalidOperation:
        left_out[LeftOut.SESSION_TIME] += 1
        return 0
    if seconds.is_nan() or seconds <= 0:
        return 0
    if seconds >= LONGEST_SESSION_MS // 1000:
        return LONGEST_SESSION_MS
    return int((seconds * 1000).quantize(Decimal(1), ROUND_HALF_UP))


def _read_session(row: ClassificationRow, left_out: Counter[LeftOut]) -> int:
    started, finished = row.started_at, row.finished_at
    if started is None or finished is None:
        return read_seconds_ms(row.session_time, left_out)
    begin, end = _instant_or_none(started), _instant_or_none(finished)
    if begin is None or end is None:
        left_out[LeftOut.SESSION_TIME] += 1
        return 0
    return session_ms(begin, end)


def _read_instant(cell: object, field: str) -> int:
    return bounded_instant(cell, field) if isinstance(cell, int) else read_instant(cell, field)


def _instant_or_none(cell: object) -> int | None:
    return cell if isinstance(cell, int) else parse_instant(cell)
