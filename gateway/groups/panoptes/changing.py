"""Changing one membership at Panoptes: what its holder may do, and what admins may."""

from __future__ import annotations

import orjson

from gateway.directory.memberships import ROLES, MembershipState, encode_roles
from gateway.directory.panoptes.questions import ask
from gateway.directory.panoptes.records import Entries
from gateway.directory.rows import Row
from gateway.groups.panoptes.carrying_out import Change, carry_out
from gateway.groups.panoptes.current_records import hold_membership, rows_by_user, told_entries
from gateway.groups.panoptes.errand import Errand, of_members


def roles_with(row: Row, role: str) -> list[str]:
    """The roles of a membership with this one of ours; others stay. Clients read the first."""
    held = set(orjson.loads(row["roles"]))
    return sorted((held - set(ROLES)) | {role}, key=lambda one: (one not in ROLES, one))


async def change_membership_to(
    errand: Errand, row: Row, *, state: MembershipState | None = None, role: str | None = None
) -> None:
    """Give a membership another state or role."""
    group_id, user_id = row["group_id"], row["user_id"]
    held = await hold_membership(errand, row)
    wanted: dict[str, str | list[str]] = {}
    if state is not None:
        wanted["state"] = state.value
    if role is not None:
        wanted["roles"] = roles_with(row, role)
    scope = of_members(group_id, [user_id])

    def as_wanted(entries: Entries | None) -> Entries | None:
        now = None if entries is None else rows_by_user(entries).get(user_id)
        if now is None or (state is not None and now["state"] != state.value):
            return None
        has_roles = role is None or now["roles"] == encode_roles(roles_with(row, role))
        return entries if has_roles else None

    async def look() -> Entries | None:
        return as_wanted(await ask(errand.panoptes, scope))

    body = {"memberships": wanted}
    change = Change("PUT", f"/memberships/{row['id']}", group_id, body, held.etag)
    done = await carry_out(
        errand, change, lambda answer: as_wanted(told_entries(answer, scope)), look
    )
    errand.hear(scope, done)
    errand.supersede(group_id, [user_id])


async def end_membership(errand: Errand, row: Row) -> None:
    """End a membership, or an invitation; looked after, since no answer tells of those banned."""
    group_id, user_id = row["group_id"], row["user_id"]
    held = await hold_membership(errand, row)
    scope = of_members(group_id, [user_id])

    async def look() -> Entries | None:
        entries = await ask(errand.panoptes, scope)
        now = rows_by_user(entries).get(user_id)
        is_over = now is None or now["state"] == MembershipState.INACTIVE.value
        return entries if is_over else None

    change = Change(
        "DELETE", f"/memberships/{row['id']}", group_id, if_match=held.etag, has_record=False
    )
    errand.hear(scope, await carry_out(errand, change, lambda _answer: None, look))
    errand.supersede(group_id, [user_id])
