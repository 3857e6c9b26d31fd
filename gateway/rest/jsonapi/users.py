"""``/users`` and ``/me``: list and show public names of volunteers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from starlette.responses import Response

from gateway.directory.membership_pages import RosterList
from gateway.directory.name_lists import NameList
from gateway.directory.users import User
from gateway.errors import ExclusiveArguments, InvalidArgument
from gateway.loaders.names import Identifier
from gateway.loaders.operation import Operation
from gateway.loaders.record_pages import PageKey
from gateway.name_keys import identifier_key
from gateway.rest.jsonapi.answers import CachePolicy, document, respond
from gateway.rest.jsonapi.call import Call
from gateway.rest.jsonapi.errors import RecordNotFound
from gateway.rest.jsonapi.include import as_written, read_include
from gateway.rest.jsonapi.paging import Page, page_meta, read_page
from gateway.rest.jsonapi.parameters import Given, path_id, read_ids, read_values
from gateway.rest.jsonapi.shapes import Json, user_shape

KIND = "users"
RECORD = "user"
FILTERS = ("id", "login", "user_group_id")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


async def list_users(call: Call) -> Response:
    """List users with these ids or logins, or the visible members of a group.

    There is no list of all users.
    """
    page = read_page(call.given)
    read_include(call.given, "User", ())
    if not call.given.keys() & set(FILTERS):
        raise InvalidArgument("id", "Say whose names you want: id, login or user_group_id.")
    async with call.operation() as operation:
        ids = await _ids(operation, call.given)
        if "user_group_id" in call.given:
            count, records = await _members(operation, call.given, ids, page)
        else:
            count, records = await _known(operation, ids or (), page)
    meta = page_meta("/users", call.given, page, count, as_written(call.given))
    return respond(call.request, document(KIND, records, meta, None), policy=CachePolicy.REVALIDATE)


async def show_user(call: Call) -> Response:
    """Show one user of the directory."""
    user_id = path_id(call.path["id"], KIND)
    async with call.operation() as operation:
        user = await operation.loaders.users.load(user_id)
    if user is None:
        raise RecordNotFound(RECORD, user_id)
    return _alone(call, user_shape(user_id, user))


async def show_me(call: Call) -> Response:
    """Show the viewer; with the names of the token if the directory has none."""
    if call.viewer.id is None:
        # An API key is no volunteer.
        raise RecordNotFound(RECORD, 0)
    async with call.operation() as operation:
        user = await operation.loaders.users.load(call.viewer.id)
    login, display_name = (user.login, user.display_name) if user else (None, None)
    named = User(
        call.viewer.id, login or call.viewer.login, display_name or call.viewer.display_name or None
    )
    return _alone(call, user_shape(call.viewer.id, named))


def _alone(call: Call, record: Json) -> Response:
    meta = page_meta("/users", {"id": record["id"]}, Page(), 1, ())
    return respond(
        call.request, document(KIND, [record], meta, None), policy=CachePolicy.REVALIDATE
    )


async def _ids(operation: Operation, given: Given) -> tuple[int, ...] | None:
    """The ids to list, by id and by login; None if neither filter is given."""
    ids, logins = read_ids(given, "id"), read_values(given, "login")
    if logins is None:
        return ids
    keys = [
        Identifier(NameList.LOGINS, identifier_key(login))
        for login in logins
        if not _CONTROL.search(login)
    ]
    found = {one for many in await operation.loaders.identifiers.load_many(keys) for one in many}
    return tuple(sorted(found if ids is None else found.intersection(ids)))


async def _known(operation: Operation, ids: Sequence[int], page: Page) -> tuple[int, list[Json]]:
    known = [one for one in await operation.loaders.users.load_many(ids) if one is not None]
    selected = known[page.offset : page.offset + page.size]
    return len(known), [user_shape(one.id, one) for one in selected]


async def _members(
    operation: Operation, given: Given, ids: tuple[int, ...] | None, page: Page
) -> tuple[int, list[Json]]:
    """The visible members of a group; none if the group or its members are hidden."""
    groups = read_ids(given, "user_group_id") or ()
    if len(groups) > 1:
        raise ExclusiveArguments("user_group_id", "user_group_id takes one id.")
    access = await operation.loaders.access.load(groups[0]) if groups else None
    if access is None or not access.individuals or access.group.ended:
        return 0, []
    question = RosterList(access.group.id, ids)
    found, count = await asyncio.gather(
        operation.loaders.records.roster.load(PageKey(question, page.size, page.offset)),
        operation.loaders.records.roster_count.load(question),
    )
    users = await operation.loaders.users.load_many(found)
    return count, [user_shape(one, user) for one, user in zip(found, users, strict=True)]
