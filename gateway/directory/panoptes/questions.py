"""Queries of groups and memberships at Panoptes, with all pages of their answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from gateway.directory.panoptes.answers import GROUPS, Scope
from gateway.directory.panoptes.paging import (
    MOST_PAGES,
    PAGE_SIZE,
    Page,
    Resource,
    all_pages,
    together,
)
from gateway.directory.panoptes.records import Entries, identity_groups, may_be_identity
from gateway.directory.panoptes.retrying import Api


async def ask(api: Api, scope: Scope) -> Entries:
    """All entries of the scope in Panoptes; memberships come with the users' names.

    One request for each page, concurrently, whatever the number of ids.
    """
    if scope.resource == GROUPS:
        queries = [({"id": _list(groups)}, 1) for groups in _lists(scope.groups)]
    else:
        queries = [
            (
                {"include": "user"}
                | ({"user_group_id": _list(groups)} if groups else {})
                | ({"user_id": _list(users)} if users else {}),
                # Of pairs there are at most so many; of a whole list nobody knows.
                _pages_of(len(groups) * len(users)) if groups and users else MOST_PAGES,
            )
            for groups in _lists(scope.groups)
            for users in _lists(scope.users)
        ]
    entries = Entries()
    for page in await _pages(api, scope.resource, queries):
        await add_page(api, scope.resource, page, entries)
    return entries.only(scope)


async def add_page(api: Api, resource: str, page: Page, entries: Entries) -> None:
    """Read a page into the entries, users' own groups and memberships left out."""
    records = page.records
    if resource == GROUPS:
        own = await _identities(api, records)
        entries.identities[resource] += len(own)
        records = [record for record in records if str(record.get("id")) not in own]
    entries.add(resource, records)
    if "users" in page.linked:
        entries.add("users", page.linked["users"])


async def _identities(api: Api, groups: Collection[Resource]) -> set[str]:
    """Which of the groups are users' own: a group does not tell, its only membership does."""
    ids = [str(group.get("id")) for group in groups if may_be_identity(group)]
    if not ids:
        return set()
    # A group of these has one member at most.
    query = ({"user_group_id": ",".join(ids)}, _pages_of(len(ids)))
    pages = await _pages(api, "memberships", [query])
    return identity_groups([one for page in pages for one in page.records])


async def _pages(
    api: Api, resource: str, queries: Iterable[tuple[Mapping[str, str], int]]
) -> list[Page]:
    """All pages of each question, which has at most so many."""
    answers = await together(
        all_pages(api, resource, parameters, most) for parameters, most in queries
    )
    return [page for pages in answers for page in pages]


def _pages_of(records: int) -> int:
    return -(-records // PAGE_SIZE)


def _lists(ids: Collection[int]) -> Iterator[list[int]]:
    """The ids, as many as one request names at a time; one empty list if there are none."""
    ordered = sorted(ids)
    for start in range(0, len(ordered) or 1, PAGE_SIZE):
        yield ordered[start : start + PAGE_SIZE]


def _list(ids: Iterable[int]) -> str:
    return ",".join(map(str, ids))
