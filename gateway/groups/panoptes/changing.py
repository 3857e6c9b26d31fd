"""Changing one membership at Panoptes: its state or role, by its user or by an admin."""

from __future__ import annotations

import orjson

from gateway.directory.memberships import ROLES, MembershipState, encode_roles
from gateway.directory.panoptes.questions import ask
from gateway.directory.panoptes.records import Entries
from gateway.directory.rows import Row
from gateway.groups.panoptes.apply_change import Change, apply_change
from gateway.groups.panoptes.command import RemoteCommand, of_members
from gateway.groups.panoptes.current_records import entries_in, fetch_membership, rows_by_user


def roles_with(row: Row, role: str) -> list[str]:
    """The roles of a membership with this one of ours; others stay. Clients read the first."""
    current = set(orjson.loads(row["roles"]))
    return sorted((current - set(ROLES)) | {role}, key=lambda one: (one not in ROLES, one))


async def change_membership_to(
    remote: RemoteCommand,
    row: Row,
    *,
    state: MembershipState | None = None,
    role: str | None = None,
) -> None:
    """Give a membership another state or role."""
    group_id, user_id = row["group_id"], row["user_id"]
    current = await fetch_membership(remote, row)
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

    async def verify() -> Entries | None:
        return as_wanted(await ask(remote.panoptes, scope))

    body = {"memberships": wanted}
    change = Change("PUT", f"/memberships/{row['id']}", group_id, body, current.etag)
    done = await apply_change(
        remote, change, lambda answer: as_wanted(entries_in(answer, scope)), verify
    )
    remote.add_received(scope, done)
    remote.supersede(group_id, [user_id])


async def end_membership(remote: RemoteCommand, row: Row) -> None:
    """End a membership or an invitation; verified, as Panoptes answers banned users alike."""
    group_id, user_id = row["group_id"], row["user_id"]
    current = await fetch_membership(remote, row)
    scope = of_members(group_id, [user_id])

    async def verify() -> Entries | None:
        entries = await ask(remote.panoptes, scope)
        now = rows_by_user(entries).get(user_id)
        is_over = now is None or now["state"] == MembershipState.INACTIVE.value
        return entries if is_over else None

    change = Change(
        "DELETE", f"/memberships/{row['id']}", group_id, if_match=current.etag, has_record=False
    )
    remote.add_received(scope, await apply_change(remote, change, lambda _answer: None, verify))
    remote.supersede(group_id, [user_id])
