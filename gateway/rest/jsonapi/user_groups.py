"""``/user_groups``: list and show groups."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.responses import Response

from gateway.directory.membership_pages import MembershipList
from gateway.directory.user_groups import UserGroup
from gateway.errors import InvalidArgument
from gateway.loaders.operation import Operation
from gateway.loaders.record_pages import PageKey
from gateway.rest.jsonapi.answers import CachePolicy, document, last_modified, respond
from gateway.rest.jsonapi.call import Call
from gateway.rest.jsonapi.errors import RecordNotFound
from gateway.rest.jsonapi.etags import record_tag
from gateway.rest.jsonapi.group_records import GroupRecords, load_group_records
from gateway.rest.jsonapi.group_search import group_question
from gateway.rest.jsonapi.include import as_written, read_include
from gateway.rest.jsonapi.membership_records import seen_memberships
from gateway.rest.jsonapi.paging import Page, page_meta, read_page
from gateway.rest.jsonapi.parameters import path_id
from gateway.rest.jsonapi.shapes import Json, membership_shape, user_shape

KIND = "user_groups"
RECORD = "user_group"
FILTERS = ("id", "name", "search", "user_id")
INCLUDES = ("memberships", "users", "projects", "collections")
#: The most included records of one kind in one answer.
MOST_INCLUDED = 5_000


async def list_groups(call: Call) -> Response:
    """List the groups that the viewer may see and that have not ended."""
    page, include = read_page(call.given), read_include(call.given, "UserGroup", INCLUDES)
    async with call.operation() as operation:
        question = await group_question(operation, call.given)
        ids, count = await asyncio.gather(
            operation.loaders.records.groups.load(PageKey(question, page.size, page.offset)),
            operation.loaders.records.group_count.load(question),
        )
        found = await load_group_records(operation, call.viewer, ids)
        linked = await _linked(operation, found, include)
    meta = page_meta("/user_groups", call.given, page, count, as_written(call.given))
    content = document(KIND, found.records, meta, linked)
    policy = CachePolicy.SECRET if found.has_secret else CachePolicy.REVALIDATE
    return respond(call.request, content, policy=policy)


async def show_group(call: Call) -> Response:
    """Show one group."""
    group_id = path_id(call.path["id"], KIND)
    include = read_include(call.given, "UserGroup", INCLUDES)
    return await group_answer(call, group_id, include)


async def group_answer(
    call: Call,
    group_id: int,
    include: Sequence[str] = (),
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Respond with the current state and ETag of a group; RecordNotFound if it is hidden."""
    async with call.operation() as operation:
        found = await load_group_records(operation, call.viewer, [group_id])
        secret = await operation.loaders.records.instance_secret.load(None)
        if not found.groups or found.groups[0].ended:
            raise RecordNotFound(RECORD, group_id)
        linked = await _linked(operation, found, include)
    (group,) = found.groups
    given = {"id": str(group_id)}
    meta = page_meta("/user_groups", given, Page(), 1, as_written(call.given))
    if headers is not None:
        headers = {**headers, **last_modified(group.updated_at)}
    return respond(
        call.request,
        document(KIND, found.records, meta, linked),
        policy=_cache_policy(found, include),
        tag=group_tag(group, secret),
        status=status,
        headers=headers,
    )


def group_tag(group: UserGroup, secret: str) -> str:
    """The tag of a group, which changes whenever its public data does."""
    return record_tag(KIND, group.id, group.revision, secret)


def _cache_policy(found: GroupRecords, include: Sequence[str]) -> CachePolicy:
    if found.has_secret:
        return CachePolicy.SECRET
    # Members change without the tag.
    return CachePolicy.REVALIDATE if found.is_public and not include else CachePolicy.NO_STORE


async def _linked(
    operation: Operation, found: GroupRecords, include: Sequence[str]
) -> dict[str, list[Json]] | None:
    if not include:
        return None
    linked: dict[str, list[Json]] = {name: [] for name in include}
    if "users" in linked:
        linked["users"] = await _users(operation, found)
    if "memberships" in linked:
        linked["memberships"] = await _memberships(operation, found)
    return linked


async def _users(operation: Operation, found: GroupRecords) -> list[Json]:
    groups: dict[int, list[str]] = {}
    for group_id, members in found.members.items():
        for member in members:
            groups.setdefault(member.user_id, []).append(str(group_id))
    _check_number("users", len(groups))
    users = await operation.loaders.users.load_many(groups)
    return [
        {**user_shape(user_id, user), "links": {KIND: groups[user_id]}}
        for user_id, user in zip(groups, users, strict=True)
    ]


async def _memberships(operation: Operation, found: GroupRecords) -> list[Json]:
    ids = sorted(one.membership_id for many in found.memberships.values() for one in many)
    _check_number("memberships", len(ids))
    question = MembershipList(await seen_memberships(operation), ids=tuple(ids))
    records = await operation.loaders.records.memberships.load(PageKey(question, len(ids), 0))
    return [membership_shape(one) for one in records]


def _check_number(kind: str, number: int) -> None:
    if number > MOST_INCLUDED:
        raise InvalidArgument(
            "include", f"The page has more than {MOST_INCLUDED:,} {kind}: ask for fewer groups."
        )
