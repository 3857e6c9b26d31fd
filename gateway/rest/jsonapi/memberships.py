"""``/memberships``: list and show memberships."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from starlette.responses import Response

from gateway.directory.membership_pages import MembershipRecord
from gateway.loaders.operation import Operation
from gateway.loaders.record_pages import PageKey
from gateway.rest.jsonapi.answers import CachePolicy, document, last_modified, respond
from gateway.rest.jsonapi.call import Call
from gateway.rest.jsonapi.errors import RecordNotFound
from gateway.rest.jsonapi.etags import record_tag
from gateway.rest.jsonapi.group_records import load_group_records
from gateway.rest.jsonapi.include import as_written, read_include
from gateway.rest.jsonapi.membership_records import load_membership, membership_question
from gateway.rest.jsonapi.paging import Page, page_meta, read_page
from gateway.rest.jsonapi.parameters import path_id
from gateway.rest.jsonapi.shapes import Json, membership_shape, user_shape

KIND = "memberships"
RECORD = "membership"
FILTERS = ("id", "user_id", "user_group_id", "state")
INCLUDES = ("users", "user_groups")


async def list_memberships(call: Call) -> Response:
    """List the memberships that the viewer may see."""
    page, include = read_page(call.given), read_include(call.given, "Membership", INCLUDES)
    _require_scope_to_read(call)
    async with call.operation() as operation:
        question = await membership_question(operation, call.given)
        records, count = await asyncio.gather(
            operation.loaders.records.memberships.load(PageKey(question, page.size, page.offset)),
            operation.loaders.records.membership_count.load(question),
        )
        linked = await _linked(call, operation, records, include)
    meta = page_meta("/memberships", call.given, page, count, as_written(call.given))
    content = document(KIND, [membership_shape(one) for one in records], meta, linked)
    return respond(call.request, content, policy=CachePolicy.REVALIDATE)


async def show_membership(call: Call) -> Response:
    """Show one membership."""
    membership_id = path_id(call.path["id"], KIND)
    include = read_include(call.given, "Membership", INCLUDES)
    async with call.operation() as operation:
        found = await load_membership(operation, membership_id)
        if found is None:
            raise RecordNotFound(RECORD, membership_id)
        _require_scope_to_read(call)
        secret = await operation.loaders.records.instance_secret.load(None)
        linked = await _linked(call, operation, [found], include)
    return memberships_answer(call, [found], membership_tag(found, secret), linked, written=False)


def memberships_answer(
    call: Call,
    records: Sequence[MembershipRecord],
    tag: str,
    linked: Mapping[str, Sequence[Json]] | None = None,
    *,
    written: bool = True,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Respond with memberships, with ``tag`` as the ETag."""
    given = {"id": ",".join(str(one.id) for one in records)}
    meta = page_meta("/memberships", given, Page(), len(records), as_written(call.given))
    content = document(KIND, [membership_shape(one) for one in records], meta, linked)
    changed = last_modified(records[0].updated_at) if written else {}
    return respond(
        call.request,
        content,
        # Names of included users change without the tag.
        policy=CachePolicy.REVALIDATE if linked is None else CachePolicy.NO_STORE,
        tag=tag,
        status=status,
        headers={**changed, **(headers or {})},
    )


def membership_tag(record: MembershipRecord, secret: str) -> str:
    """The tag of a membership, which changes whenever it does."""
    return record_tag(KIND, record.id, record.revision, secret)


def _require_scope_to_read(call: Call) -> None:
    # Panoptes requires the scope for everything about memberships; API keys need none.
    if not call.viewer.only_reads:
        call.require_scope()


async def _linked(
    call: Call, operation: Operation, records: Sequence[MembershipRecord], include: Sequence[str]
) -> dict[str, list[Json]] | None:
    if not include:
        return None
    linked: dict[str, list[Json]] = {}
    if "users" in include:
        named = _named_by({one.id: one.user_id for one in records})
        users = await operation.loaders.users.load_many(named)
        linked["users"] = [
            {**user_shape(user_id, user), "links": {KIND: named[user_id]}}
            for user_id, user in zip(named, users, strict=True)
        ]
    if "user_groups" in include:
        named = _named_by({one.id: one.group_id for one in records})
        found = await load_group_records(operation, call.viewer, [*named], included=True)
        for record in found.records:
            record["links"][KIND] = named[int(record["id"])]
        linked["user_groups"] = [one for one in found.records if one["activated_state"] == "active"]
    return linked


def _named_by(related: Mapping[int, int]) -> dict[int, list[str]]:
    """By each related id, the ids of the memberships that name it."""
    named: dict[int, list[str]] = {}
    for membership_id, related_id in related.items():
        named.setdefault(related_id, []).append(str(membership_id))
    return named
