"""Questions to Panoptes about groups and memberships, and their whole answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from gateway.directory.panoptes.answers import GROUPS, Scope
from gateway.directory.panoptes.paging import PAGE_SIZE, Page, Resource, all_pages, together
from gateway.directory.panoptes.patience import Api
from gateway.directory.panoptes.records import Entries, identity_groups, may_be_identity


async def ask(api: Api, scope: Scope) -> Entries:
    """All entries that Panoptes has of the scope; of memberships the users' names come along.

    As few requests as there are pages, side by side, whatever the number of ids.
    """
    if scope.resource == GROUPS:
        asked = [{"id": ids} for ids in _lists(scope.groups)]
    else:
        asked = [
            {"include": "user"}
            | ({"user_group_id": groups} if groups else {})
            | ({"user_id": users} if users else {})
            for groups in _lists(scope.groups)
            for users in _lists(scope.users)
        ]
    entries = Entries()
    for page in await _pages(api, scope.resource, asked):
        await add_page(api, scope.resource, page, entries)
    return entries


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
    pages = await _pages(api, "memberships", [{"user_group_id": ",".join(ids)}])
    return identity_groups([one for page in pages for one in page.records])


async def _pages(api: Api, resource: str, asked: Iterable[Mapping[str, str]]) -> list[Page]:
    answers = await together(all_pages(api, resource, parameters) for parameters in asked)
    return [page for pages in answers for page in pages]


def _lists(ids: Collection[int]) -> Iterator[str]:
    """The ids, as many as one request names at a time; one empty list if there are none."""
    ordered = sorted(ids)
    for start in range(0, len(ordered) or 1, PAGE_SIZE):
        yield ",".join(map(str, ordered[start : start + PAGE_SIZE]))
