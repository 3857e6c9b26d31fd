"""Case-insensitive look-ups by login, slug or name.

Of several that differ in letter case alone, an exact match is found, else the lowest id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeVar

import strawberry

from gateway.directory.name_lists import NameList
from gateway.errors import NotFound
from gateway.loaders.names import Identifier
from gateway.name_keys import identifier_key
from resolvers.context import Info
from resolvers.project import Project
from resolvers.user import User
from resolvers.user_group import UserGroup

T = TypeVar("T")

LoginArgument = Annotated[
    str, strawberry.argument(description="The login; letter case makes no difference.")
]
SlugArgument = Annotated[
    str, strawberry.argument(description="The slug; letter case makes no difference.")
]
NameArgument = Annotated[
    str, strawberry.argument(description="The group's name; letter case makes no difference.")
]


async def find_user(info: Info, login: str) -> User:
    """The volunteer with this login; NotFound if there is none, or they were erased."""
    ids = await _find_ids(info, NameList.LOGINS, login)
    records = await info.context.loaders.users.load_many(ids)
    record = _best_match(login, ((one.login, one) for one in records if one is not None))
    if record is None:
        raise NotFound("user", None, "login")
    return User.of(record.id, record)


async def find_project(info: Info, slug: str) -> Project:
    """The project with this slug; NotFound if there is none."""
    ids = await _find_ids(info, NameList.SLUGS, slug)
    records = await info.context.loaders.projects.load_many(ids)
    record = _best_match(slug, ((one.slug, one) for one in records if one is not None))
    if record is None:
        raise NotFound("project", None, "slug")
    return Project.of(record.id, record)


async def find_user_group(info: Info, name: str) -> UserGroup:
    """The group with this name among those that exist for the viewer; NotFound if none does."""
    ids = await _find_ids(info, NameList.GROUP_NAMES, name)
    decisions = await info.context.loaders.access.load_many(ids)
    access = _best_match(name, ((one.group.name, one) for one in decisions if one is not None))
    if access is None:
        raise NotFound("group", None, "name")
    return UserGroup.of(access)


async def _find_ids(info: Info, name_list: NameList, text: str) -> tuple[int, ...]:
    # PostgreSQL accepts no NUL, and no name has one.
    if "\0" in text:
        return ()
    return await info.context.loaders.identifiers.load(Identifier(name_list, identifier_key(text)))


def _best_match(text: str, candidates: Iterable[tuple[str | None, T]]) -> T | None:
    """The first exact match of the candidates, by ascending id; else the first one."""
    found = [*candidates]
    exact = (one for name, one in found if name == text)
    return next(exact, found[0][1] if found else None)
