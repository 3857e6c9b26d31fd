"""Copy a Panoptes' resources into the directory, page by page, so that a stopped copy goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, select

from gateway.db import Database
from gateway.db.instants import instant_of
from gateway.db.tables import panoptes_copy
from gateway.db.upsert import replace_rows
from gateway.directory.panoptes.answers import (
    GROUPS,
    MEMBERSHIPS,
    RecordKey,
    Scope,
    StoredPage,
    store_answer,
    store_page,
    unseen,
)
from gateway.directory.panoptes.client import PanoptesRefused
from gateway.directory.panoptes.paging import PAGE_SIZE, first_page, page_at
from gateway.directory.panoptes.questions import add_page, ask
from gateway.directory.panoptes.records import Entries
from gateway.directory.panoptes.retrying import Api

#: What can be copied, in the order in which it is, and Panoptes' name of it.
RESOURCES = {
    "users": "users",
    "groups": GROUPS,
    "memberships": MEMBERSHIPS,
    "projects": "projects",
    "workflows": "workflows",
}


#: A run that was stopped is gone on with for that long, in microseconds.
_RUN = 86_400_000_000
#: 100 million records: nobody has more.
_MOST_PAGES = 1_000_000
#: Asked for with each page of a resource, and carried on by the hrefs of further pages.
_PARAMETERS = {MEMBERSHIPS: {"include": "user"}}


@dataclass
class Copied:
    """Progress of the copy of one resource, since it began or went on."""

    resource: str
    #: Whether it went on where an earlier one had stopped.
    resumed: bool = False
    #: Of all there are; 0 where Panoptes does not count.
    total: int = 0
    read: int = 0
    changed: int = 0
    removed: int = 0
    #: Entries of groups that are led here, which are left out.
    local_groups: int = 0
    #: Users' own groups and memberships, which are left out.
    identities: int = 0
    #: Records that cannot be used, each with the reason.
    refused: list[str] = field(default_factory=list)


async def copy(
    database: Database,
    api: Api,
    name: str,
    clock: Callable[[], datetime],
    report: Callable[[Copied], None],
) -> Copied:
    """Copy one of ``RESOURCES``, and call ``report`` after each page.

    A page and the way to the next are stored in one transaction: stopped at any moment, the next
    copy goes on behind the last page. Of groups and memberships, those that Panoptes was not
    seen to have are requested once more in the end, and removed if it does not have them: rows
    shift between pages when others go meanwhile. Raises as ``api.get`` does.
    """
    resource = RESOURCES[name]
    progress = await _read_progress(database, resource)
    copied = Copied(resource, resumed=progress is not None)
    # A page that was followed once leads in a circle.
    followed = {progress.next_href} if progress is not None else set()
    while progress is None or progress.next_href is not None:
        now = instant_of(clock())
        if progress is None:
            page = await first_page(api, resource, _PARAMETERS.get(resource, {}))
        else:
            page = await page_at(api, resource, progress.next_href or "")
        if page.next_href is not None:
            if page.next_href in followed or len(followed) >= _MOST_PAGES:
                raise PanoptesRefused(f"/{resource} of Panoptes never ends: its pages repeat.")
            followed.add(page.next_href)
        entries = Entries()
        await add_page(api, resource, page, entries)
        progress = _Progress(progress.started_at if progress else now, page.next_href)
        stored = await database.write(
            partial(_store, resource=resource, entries=entries, requested_at=now, then=progress)
        )
        copied.total = page.total
        copied.read += len(page.records)
        copied.changed += stored.loaded[resource].changed
        copied.local_groups += stored.local_groups
        copied.identities += entries.identities[resource]
        copied.refused += entries.refused.get(resource, ())
        report(copied)
    if resource in (GROUPS, MEMBERSHIPS):
        copied.removed = await _remove_unseen(database, api, resource, progress.started_at, clock)
    finished_at = instant_of(clock())
    await database.write(lambda connection: _write(connection, resource, progress, finished_at))
    return copied


async def left_to_copy(
    database: Database, names: Sequence[str], clock: Callable[[], datetime]
) -> list[str]:
    """Those of ``names`` that are to be copied now, in their order: as a rule all of them.

    Where one was stopped under way, those before it that were finished within the day are not
    copied once more, so that a run that is stopped goes on as a whole.
    """
    async with database.read() as snapshot:
        copies = {row.resource: row for row in await snapshot.fetch(select(panoptes_copy))}
    known = [copies.get(RESOURCES[name]) for name in names]
    under_way = [position for position, row in enumerate(known) if row and not row.finished_at]
    now = instant_of(clock())
    recent = now - _RUN
    return [
        name
        for position, (name, row) in enumerate(zip(names, known, strict=True))
        if row is None
        or not recent <= (row.finished_at or 0) <= now
        or not any(position < later for later in under_way)
    ]


class _Progress(NamedTuple):
    """A copy that is under way; without a next page only the last step is missing."""

    started_at: int
    next_href: str | None


async def _read_progress(database: Database, resource: str) -> _Progress | None:
    statement = select(panoptes_copy.c.started_at, panoptes_copy.c.next_href).where(
        panoptes_copy.c.resource == resource, panoptes_copy.c.finished_at.is_(None)
    )
    async with database.read() as snapshot:
        rows = await snapshot.fetch(statement)
    return _Progress._make(rows[0]) if rows else None


def _store(
    connection: Connection, *, resource: str, entries: Entries, requested_at: int, then: _Progress
) -> StoredPage:
    stored = store_page(connection, resource, entries.rows, requested_at)
    _write(connection, resource, then, None)
    return stored


def _write(
    connection: Connection, resource: str, progress: _Progress, finished_at: int | None
) -> None:
    replace_rows(connection, panoptes_copy, [(resource, *progress, finished_at)])


async def _remove_unseen(
    database: Database, api: Api, resource: str, since: int, clock: Callable[[], datetime]
) -> int:
    async with database.read() as snapshot:
        rows = await snapshot.fetch(unseen(resource), {"since": since, "now": instant_of(clock())})
    removed = 0
    for scope in _scopes(resource, [(row[0], row[1]) for row in rows]):
        requested_at = instant_of(clock())
        entries = await ask(api, scope)
        stored = await database.write(
            partial(store_answer, scope=scope, rows=entries.rows, requested_at=requested_at)
        )
        removed += stored.removed
    return removed


def _scopes(resource: str, keys: Sequence[RecordKey]) -> Iterator[Scope]:
    """Scopes that name all of the record keys, one request each."""
    if resource == GROUPS:
        for chunk in _chunks([group for group, _ in keys]):
            yield Scope(resource, frozenset(chunk), frozenset())
    else:
        for group, members in groupby(keys, itemgetter(0)):
            for chunk in _chunks([user for _, user in members]):
                yield Scope(resource, frozenset({group}), frozenset(chunk))


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), PAGE_SIZE):
        yield ids[start : start + PAGE_SIZE]
