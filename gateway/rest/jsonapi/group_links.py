"""``/user_groups/{id}/links/users``: invite and remove users, as links of Panoptes.

Neither requires a precondition, and neither changes the group's own tag.
"""

from __future__ import annotations

from starlette.responses import Response

from gateway.groups.commands import Invite, RemoveMembers
from gateway.groups.users import check_number
from gateway.rest.jsonapi.answers import no_content
from gateway.rest.jsonapi.call import Call
from gateway.rest.jsonapi.errors import RecordNotFound, UnusableBody
from gateway.rest.jsonapi.group_changes import led_group
from gateway.rest.jsonapi.parameters import body_id, path_ids
from gateway.rest.jsonapi.user_groups import RECORD, group_answer


async def invite_users(call: Call) -> Response:
    """Invite users; unknown users and members are skipped."""
    group = await led_group(call, precondition=False)
    users = call.body.get("users") if isinstance(call.body, dict) else None
    if not isinstance(users, list):
        raise UnusableBody("Link relation users must match body key")
    ids = tuple(dict.fromkeys(body_id("users", one) for one in users))
    if ids:
        # Checked here, so that the error names the key of the body.
        check_number("users", ids)
        missing = RecordNotFound(RECORD, group.id)
        await call.run_on_group(Invite(group.id, ids, skip_unknown=True), missing)
    return await group_answer(call, group.id)


async def remove_users(call: Call) -> Response:
    """Remove members and withdraw invitations, all or none; other users are skipped."""
    group = await led_group(call, precondition=False)
    ids = path_ids(call.path["ids"])
    missing = RecordNotFound(RECORD, group.id)
    done = await call.run_on_group(RemoveMembers(group.id, ids, skip_strangers=True), missing)
    if done.refusals:
        # With groups in Panoptes, some may still be members.
        raise done.refusals[0]
    return no_content()
