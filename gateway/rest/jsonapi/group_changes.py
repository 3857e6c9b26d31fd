"""Group changes: create, update and deactivate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import UserGroup
from gateway.groups.commands import CreateGroup, DeactivateGroup, UpdateGroup
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.rest.jsonapi.answers import location, no_content
from gateway.rest.jsonapi.body import permitted, resource_of, text_of
from gateway.rest.jsonapi.call import Call
from gateway.rest.jsonapi.errors import RecordNotFound, UnusableBody, ValidationFailed
from gateway.rest.jsonapi.etags import check_if_match
from gateway.rest.jsonapi.parameters import body_id, path_id
from gateway.rest.jsonapi.user_groups import KIND, RECORD, group_answer, group_tag

_FIELDS = ("name", "display_name", "private", "stats_visibility")


async def create_group(call: Call) -> Response:
    """Create a group with the viewer as its admin; linked users are invited."""
    call.require_scope()
    given = permitted(resource_of(call.body, KIND), KIND, (*_FIELDS, "links"))
    level, private = _level(given), _private(given)
    command = CreateGroup(
        _text(given, "display_name"),
        _text(given, "name"),
        StatsVisibility.PRIVATE_AGG_ONLY if level is None else level,
        # Panoptes' column is true by default, whatever the level.
        private=True if private is None else private,
        invite=_linked(given),
        skip_unknown=True,
    )
    try:
        outcome = await call.run(command, RecordNotFound(RECORD, 0))
    except GroupRefusal as refusal:
        if refusal.refusal is RefusalCode.UNKNOWN_USER:
            raise UnusableBody("Couldn't find linked users for current user") from None
        raise
    headers = location(call.request, f"/user_groups/{outcome.group_id}")
    return await group_answer(call, outcome.group_id, status=201, headers=headers)


async def update_group(call: Call) -> Response:
    """Update names and level; missing keys do not change."""
    group = await led_group(call)
    given = permitted(resource_of(call.body, KIND), KIND, _FIELDS)
    name = _name(given)
    command = UpdateGroup(
        group.id,
        _display_name(given, name or group.name),
        name,
        _level(given),
        _private(given),
        keep_private=True,
        expected_revision=group.revision,
    )
    missing = RecordNotFound(RECORD, group.id)
    await call.run_on_group(command, missing)
    return await group_answer(call, group.id, headers={})


async def deactivate_group(call: Call) -> Response:
    """Deactivate a group, and end all of its memberships."""
    group = await led_group(call)
    command = DeactivateGroup(group.id, expected_revision=group.revision)
    await call.run_on_group(command, RecordNotFound(RECORD, group.id))
    return no_content()


async def led_group(call: Call, *, precondition: bool = True) -> UserGroup:
    """Load the group of the path, if the viewer leads it and If-Match has its state.

    Else RecordNotFound; then Forbidden without the scope; then the errors of If-Match.
    """
    group_id = path_id(call.path["id"], KIND)
    async with call.operation() as operation:
        access = await operation.loaders.access.load(group_id)
        if access is None or access.group.ended or not access.memberships:
            raise RecordNotFound(RECORD, group_id)
        call.require_scope()
        secret = await operation.loaders.records.instance_secret.load(None)
    if precondition:
        check_if_match(call.request, group_tag(access.group, secret))
    return access.group


def _text(given: Mapping[str, Any], name: str) -> str | None:
    """A text that may be null or missing."""
    return None if given.get(name) is None else text_of(given[name], name)


def _name(given: Mapping[str, Any]) -> str | None:
    if "name" in given and given["name"] is None:
        raise ValidationFailed("Validation failed: Name can't be blank")
    return _text(given, "name")


def _display_name(given: Mapping[str, Any], name: str | None) -> str | None:
    """The display name; null stands for the name."""
    return (
        name
        if "display_name" in given and given["display_name"] is None
        else _text(given, "display_name")
    )


def _private(given: Mapping[str, Any]) -> bool | None:
    if "private" not in given:
        return None
    if not isinstance(given["private"], bool):
        raise UnusableBody("private must be true or false.")
    return given["private"]


def _level(given: Mapping[str, Any]) -> StatsVisibility | None:
    if "stats_visibility" not in given:
        return None
    try:
        return StatsVisibility.parse(given["stats_visibility"])
    except ValueError as error:
        raise ValidationFailed(
            f"Validation failed: Stats visibility Not valid stats_visibility type: {error}"
        ) from None


def _linked(given: Mapping[str, Any]) -> tuple[int, ...]:
    links = permitted(given.get("links") or {}, "links", ("users",))
    users = links.get("users") or []
    if not isinstance(users, list):
        raise UnusableBody("links.users must be a list of ids.")
    return tuple(dict.fromkeys(body_id("links.users", one) for one in users))
