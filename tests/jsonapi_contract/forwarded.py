"""Cases in which a gateway that changes groups at Panoptes answers otherwise than one by itself.

It does not invite, and names and tokens are Panoptes'.
"""

from __future__ import annotations

from tests.jsonapi_contract.case import Expected, Like, got, refused

NO_INVITATIONS = refused(405, "Panoptes has no invitations: send people the join link.")

FORWARDED: dict[str, Expected] = {
    "an admin invites": NO_INVITATIONS,
    "an unknown user beside a known one": NO_INVITATIONS,
    "a member is invited": NO_INVITATIONS,
    "who has left is invited again": NO_INVITATIONS,
    "an admin invites again by state": NO_INVITATIONS,
    "a group with linked users": NO_INVITATIONS,
    "a group with unknown users": NO_INVITATIONS,
    # Panoptes makes the token, and the gateway a name that nobody else has.
    "a group as the front end creates it": got(
        201, user_groups__0__join_token=Like("[0-9a-f]{16}")
    ),
    "a display name alone": got(
        201,
        user_groups__0__name=Like("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        user_groups__0__display_name="Die Käfer",
    ),
}
