"""Sources of names, events and the directory: late events must not bring back old names.

Of each field the latest value of events holds, of two at the same instant the greater one; what
the directory says (a file, Panoptes) holds over events, and of it the last. So the order in which
events arrive makes no difference. Callers hold the writer lock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, select

from gateway.db import tables
from gateway.db.ids import among
from gateway.db.upsert import replace_rows
from gateway.directory.rows import Change, Row, read_rows, write_rows


class DatedValue(NamedTuple):
    """A value, and its instant in microseconds, or ``BY_IMPORTER``."""

    at: int
    value: Any


#: Instant of values from an import of an export; any event overrides them.
BY_IMPORTER = -1


#: A row of sources: the id, the bits of the directory, then each field's value and instant.
_Sources = tuple[Any, ...]


class Named(NamedTuple):
    """A table of the directory, and the table of the sources of its ``fields``."""

    table: Table
    sources: Table
    fields: tuple[str, ...]

    def bits(self, row: Row) -> int:
        """A bit for each field that the row has, the first the lowest."""
        return sum(1 << bit for bit, field in enumerate(self.fields) if row[field] is not None)


USERS = Named(tables.user, tables.user_name_sources, ("login", "display_name"))
PROJECTS = Named(tables.project, tables.project_name_sources, ("display_name",))
WORKFLOWS = Named(tables.workflow, tables.workflow_name_sources, ("project_id", "display_name"))


def apply_event_names(
    connection: Connection,
    named: Named,
    values: Mapping[int, Sequence[DatedValue | None]],
    *,
    note_again: bool = True,
) -> list[Change]:
    """Apply names from events by id: the fields in order, None for those without a value.

    Returns the directory's rows that changed; an id without a row gets one. New instants
    of known values are stored, unless ``note_again`` is False: for callers that repeat all names.
    """
    if not values:
        return []
    known = _read_sources(connection, named, values.keys())
    written: list[_Sources] = []
    differing: dict[int, Row] = {}
    for key, fields in values.items():
        row = known.get(key)
        before = (key, 0, *(None, None) * len(named.fields)) if row is None else row
        after = _merged(before, fields)
        if row is not None and after[2::2] == before[2::2]:
            if note_again and after is not before:
                written.append(after)
            continue
        written.append(after)
        differing[key] = {
            name: after[index]
            for index, name in zip(count(2, 2), named.fields, strict=False)
            if after[index] != before[index] and not _by_directory(after, index)
        }
    replace_rows(connection, named.sources, written)
    return _update(connection, named.table, differing)


def override_events(
    connection: Connection, named: Named, name: str, values: Mapping[int, Any]
) -> list[Change]:
    """Override a field of these ids by an import, whatever earlier events had.

    The directory must not have it. Later events override it again.
    """
    index = 2 + 2 * named.fields.index(name)
    known = _read_sources(connection, named, values.keys())
    replace_rows(
        connection,
        named.sources,
        [(*row[:index], values[key], BY_IMPORTER, *row[index + 2 :]) for key, row in known.items()],
    )
    return _update(connection, named.table, {key: {name: values[key]} for key in known})


def apply_directory_names(
    connection: Connection, named: Named, rows: Sequence[Row]
) -> list[Change]:
    """Apply full rows of the directory, which replace its earlier ones of the same ids.

    What a row does not say, events may. Of two rows with the same id the last one holds.
    """
    last = {row["id"]: row for row in rows}
    known = _read_sources(connection, named, last.keys())
    nothing: _Sources = (None,) * len(named.sources.c)
    written: list[_Sources] = []
    wanted: list[Row] = []
    for key, row in last.items():
        sources, directory = known.get(key, nothing), named.bits(row)
        if sources[1] != directory:
            written.append((key, directory, *sources[2:]))
        by_events = zip(named.fields, sources[2::2], strict=True)
        wanted.append(row | {name: value for name, value in by_events if row[name] is None})
    replace_rows(connection, named.sources, written)
    before = read_rows(connection, named.table, last.keys())
    return write_rows(connection, named.table, before, wanted)


def _read_sources(
    connection: Connection, named: Named, ids: Collection[int]
) -> dict[int, _Sources]:
    statement = _select_sources(named.sources)
    return {row[0]: tuple(row) for row in connection.execute(statement, {"ids": ids})}


@lru_cache(maxsize=3)
def _select_sources(table: Table) -> Select[Any]:
    return select(table).where(among(table.c.id, "ids"))


def _merged(sources: _Sources, fields: Sequence[DatedValue | None]) -> _Sources:
    """The sources after these; the same object if none of them holds."""
    after = sources
    for index, one in zip(count(2, 2), fields, strict=False):
        if one is None:
            continue
        value, at = sources[index : index + 2]
        if at is None or one > (at, value):
            after = (*after[:index], one.value, one.at, *after[index + 2 :])
    return after


def _by_directory(sources: _Sources, index: int) -> bool:
    """Whether the directory itself says the field whose value is at ``index``."""
    return bool(sources[1] >> (index - 2) // 2 & 1)


def _update(connection: Connection, table: Table, differing: Mapping[int, Row]) -> list[Change]:
    """Write values into the rows of these ids, new ones where there are none."""
    if not differing:
        return []
    known = read_rows(connection, table, differing.keys())
    nothing: Row = dict.fromkeys(table.c.keys())
    wanted = [
        nothing | known.get((key,), {"id": key}) | values for key, values in differing.items()
    ]
    return write_rows(connection, table, known, wanted)
