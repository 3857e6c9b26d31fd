"""Plain rows of a big table: DuckDB finds and converts them in SQL, many at once.

A row is plain if all its cells are valid. All others go to ``tables``, one by one, which has every
rule and every reason; the two agree on plain rows (a test compares them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from gateway.events.event import Classification
from gateway.events.instants import LAST_INSTANT, LONGEST_SESSION_MS
from gateway.events.tables import ClassificationRow

_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"})
_WHOLE_LISTS = frozenset(f"{kind}[]" for kind in _WHOLE)
_IDS = ("classification_id", "project_id", "workflow_id", "user_id")
_INSTANTS = ("event_time", "classification_updated_at", "started_at", "finished_at")

#: As a condition of CASE, where DuckDB looks no further than it needs to.
_PLAIN = f"""CASE WHEN
  classification_id > 0 AND workflow_id > 0
  AND event_time BETWEEN 0 AND $latest
  AND (classification_updated_at IS NULL
       OR classification_updated_at BETWEEN 0 AND {LAST_INSTANT})
  AND (user_id IS NULL OR user_id > 0)
  AND (project_id IS NULL OR project_id > 0)
  AND (started_at IS NULL OR started_at BETWEEN 0 AND {LAST_INSTANT})
  AND (finished_at IS NULL OR finished_at BETWEEN 0 AND {LAST_INSTANT})
  AND ((started_at IS NOT NULL AND finished_at IS NOT NULL) OR session_time IS NULL)
  AND (user_group_ids IS NULL OR len(user_group_ids) = 0
       OR (len(user_group_ids) <= $groups AND list_count(user_group_ids) = len(user_group_ids)
           AND list_min(user_group_ids) > 0))
  THEN true ELSE false END"""
_SESSION_MS = f"""CASE WHEN started_at IS NULL OR finished_at IS NULL THEN 0
  ELSE least(greatest((finished_at - started_at + 500) // 1000, 0), {LONGEST_SESSION_MS}) END"""
#: Takes half the time that a call of the class's own does.
_event = partial(tuple.__new__, Classification)
_GROUPS = """CASE WHEN plain AND user_id IS NOT NULL AND len(user_group_ids) > 0
  THEN CASE WHEN len(user_group_ids) = 1 THEN user_group_ids
    ELSE list_sort(list_distinct(user_group_ids)) END END"""


def may_be_plain(types: Mapping[str, str]) -> bool:
    """Whether a table of classifications with these DuckDB types has plain rows at all."""
    return (
        all(types.get(name, "BIGINT") in _WHOLE for name in _IDS)
        and all(_is_instant(types.get(name, "TIMESTAMP")) for name in _INSTANTS)
        and types.get("user_group_ids", "BIGINT[]") in _WHOLE_LISTS
    )


def _is_instant(kind: str) -> bool:
    return kind.startswith("TIMESTAMP") and not kind.endswith("]")


def select_plain(cells: str) -> str:
    """SQL over a SELECT of a row's cells: whether it is plain, the event, and else its cells.

    Binds the fields of ``Bounds``.
    """
    row = ", ".join(f"'{name}': {name}" for name in ClassificationRow._fields)
    return f"""
SELECT
  classification_id, event_time, classification_updated_at, user_id, coalesce(project_id, 0),
  workflow_id, CASE WHEN plain THEN {_SESSION_MS} END, {_GROUPS},
  CASE WHEN NOT plain THEN {{{row}}} END
FROM (SELECT *, {_PLAIN} AS plain FROM ({cells}))"""  # noqa: S608 (names of ours)


def select_plain_rows(cells: str) -> str:
    """SQL over a SELECT of a row's cells and its ``file_row_number``: the events of plain rows.

    Binds as :func:`select_plain` does.
    """
    return f"""
SELECT
  file_row_number + 1 AS position, classification_id::BIGINT AS id, event_time,
  classification_updated_at AS updated_at, user_id::BIGINT AS user_id,
  coalesce(project_id, 0)::BIGINT AS project_id, workflow_id::BIGINT AS workflow_id,
  ({_SESSION_MS})::BIGINT AS session_ms, ({_GROUPS})::BIGINT[] AS group_ids
FROM (SELECT *, {_PLAIN} AS plain FROM ({cells})) WHERE plain"""  # noqa: S608 (names of ours)


def select_numbered_rows(cells: str, regular: str, *more: str) -> str:
    """SQL of all rows, as of plain ones; ``id`` is NULL unless a row is plain and ``regular``.

    The columns ``more`` of the SELECT follow.
    """
    chosen = "".join(f", {name}" for name in more)
    return f"""
SELECT
  file_row_number + 1 AS position, CASE WHEN plain THEN classification_id END AS id, event_time,
  classification_updated_at AS updated_at, user_id, coalesce(project_id, 0) AS project_id,
  workflow_id, {_SESSION_MS} AS session_ms, {_GROUPS} AS group_ids{chosen}
FROM (SELECT *, {regular} AND {_PLAIN} AS plain FROM ({cells}))"""  # noqa: S608 (names of ours)


def select_other_rows(cells: str) -> str:
    """SQL of the rows that are not plain: position and cells, in their order."""
    row = ", ".join(ClassificationRow._fields)
    return f"""
SELECT file_row_number + 1, {row}
FROM (SELECT *, {_PLAIN} AS plain FROM ({cells})) WHERE NOT plain
ORDER BY file_row_number"""  # noqa: S608 (names of ours)


def read_plain(rows: Sequence[Sequence[Any]]) -> list[Classification]:
    """The events of plain rows of :func:`select_plain`."""
    return [
        _event((key, at, updated, user, project, workflow, ms, tuple(groups) if groups else ()))
        for key, at, updated, user, project, workflow, ms, groups, _ in rows
    ]
