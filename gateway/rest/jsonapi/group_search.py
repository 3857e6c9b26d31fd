"""Group search: filters of lists of groups, and a search by display name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.auth.visibility import ViewerRole
from gateway.directory.group_pages import GroupList, GroupSearch
from gateway.directory.name_lists import NameList
from gateway.errors import OutOfBounds
from gateway.loaders.access import GroupAccess
from gateway.loaders.names import Identifier
from gateway.loaders.operation import Operation
from gateway.name_keys import (
    LONGEST_SEARCH,
    fold,
    identifier_key,
    order_key,
    search_key,
    word_keys,
)
from gateway.rest.jsonapi.group_records import own_groups
from gateway.rest.jsonapi.parameters import Given, read_ids, read_values

#: Shorter texts find only equal names.
_SHORTEST = 3
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NOTHING = GroupList(ids=())


async def group_question(operation: Operation, given: Given) -> GroupList:
    """Build the question for a list of groups, among those that the viewer may see."""
    own = await own_groups(operation)
    everything = operation.permissions.is_site_admin
    ids = read_ids(given, "id")
    for narrower in (
        await _named(operation, given),
        await _of_users(operation, given, own),
    ):
        if narrower is not None:
            ids = tuple(sorted(narrower if ids is None else narrower.intersection(ids)))
    question = GroupList(everything, tuple(sorted(own)), ids)
    text = _searched(given)
    if text is None:
        return question
    if not text:
        return _NOTHING
    exact = question._replace(search=_exact(text, own))
    if await operation.loaders.records.group_count.load(exact):
        return exact
    return question._replace(search=_fitting(text, own)) if len(text) >= _SHORTEST else _NOTHING


async def _named(operation: Operation, given: Given) -> frozenset[int] | None:
    """Groups with exactly these names, in which letter case counts."""
    names = read_values(given, "name")
    if names is None:
        return None
    keys = [
        Identifier(NameList.GROUP_NAMES, identifier_key(name))
        for name in names
        if not _CONTROL.search(name)
    ]
    namesakes = await operation.loaders.identifiers.load_many(keys)
    candidates = [one for ids in namesakes for one in ids]
    found = await operation.loaders.access.load_many(candidates)
    return frozenset(one.group.id for one in found if one is not None and one.group.name in names)


async def _of_users(
    operation: Operation, given: Given, own: Mapping[int, GroupAccess]
) -> frozenset[int] | None:
    """Groups with these users as members: only the viewer, or any users for site admins."""
    user_ids = read_ids(given, "user_id")
    if user_ids is None:
        return None
    if operation.permissions.is_site_admin:
        lists = await operation.loaders.memberships_by_user.load_many(user_ids)
        return frozenset(one.group_id for each in lists for one in each if one.is_effective)
    if operation.permissions.user_id not in user_ids:
        return frozenset()
    return frozenset(
        group_id for group_id, access in own.items() if access.permissions.role >= ViewerRole.MEMBER
    )


def _searched(given: Given) -> str | None:
    """The folded text of a search; None for everything, empty if it has no word to look for."""
    text = given.get("search")
    if text is None or not text.strip():
        return None
    if len(text) > LONGEST_SEARCH:
        raise OutOfBounds(
            "search",
            len(text),
            0,
            LONGEST_SEARCH,
            f"search has {len(text):,} characters: at most {LONGEST_SEARCH:,} are allowed.",
        )
    # Panoptes' own clients add such words, which are no part of a name.
    words = [one for one in _CONTROL.sub(" ", text).split() if ":" not in one]
    return fold(" ".join(words))


def _name_of(access: GroupAccess) -> str:
    return access.group.display_name or access.group.name or ""


def _exact(text: str, own: Mapping[int, GroupAccess]) -> GroupSearch:
    same = tuple(one for one, access in own.items() if order_key(_name_of(access)) == text)
    return GroupSearch(text, "", is_exact=True, first=same)


def _fitting(text: str, own: Mapping[int, GroupAccess]) -> GroupSearch:
    words = search_key(text)[:LONGEST_SEARCH]
    first, later = [], []
    for group_id, access in own.items():
        name = _name_of(access)
        if words and any(word.startswith(words) for word in word_keys(name)):
            first.append(group_id)
        elif text in order_key(name):
            later.append(group_id)
    return GroupSearch(text, words, is_exact=False, first=tuple(first), later=tuple(later))
