"""The root of every mutation: one field for each thing that people do with groups."""

from __future__ import annotations

import strawberry

from resolvers.context import Info
from resolvers.costs import costs
from resolvers.mutations.certificate_inputs import (
    IssueCertificateInput,
    RevokeCertificateInput,
)
from resolvers.mutations.certificates import (
    IssueCertificatePayload,
    RevokeCertificatePayload,
)
from resolvers.mutations.goal_inputs import (
    ArchiveGoalInput,
    CreateGoalInput,
    DeleteGoalInput,
    UpdateGoalInput,
)
from resolvers.mutations.goals import (
    ArchiveGoalPayload,
    CreateGoalPayload,
    DeleteGoalPayload,
    UpdateGoalPayload,
)
from resolvers.mutations.group_inputs import (
    CreateUserGroupInput,
    DeactivateUserGroupInput,
    ReactivateUserGroupInput,
    UpdateUserGroupInput,
)
from resolvers.mutations.groups import (
    CreateUserGroupPayload,
    DeactivateUserGroupPayload,
    ReactivateUserGroupPayload,
    UpdateUserGroupPayload,
)
from resolvers.mutations.inputs import InputArgument
from resolvers.mutations.join_link import UpdateJoinLinkInput, UpdateJoinLinkPayload
from resolvers.mutations.members import (
    InviteToUserGroupInput,
    InviteToUserGroupPayload,
    RemoveMembersInput,
    RemoveMembersPayload,
    SetMemberRoleInput,
    SetMemberRolePayload,
)
from resolvers.mutations.own_membership import (
    AcceptInvitationInput,
    AcceptInvitationPayload,
    DeclineInvitationInput,
    DeclineInvitationPayload,
    JoinUserGroupInput,
    JoinUserGroupPayload,
    LeaveUserGroupInput,
    LeaveUserGroupPayload,
)
from resolvers.mutations.payloads import carry_out

#: The cost of a mutation, and of one that could flood others. The cost of its selection is added.
_COST, _COST_OF_MORE = 10, 25

_ADMINS = "For the group's admins and site admins."
_OF_GOALS = "For the group's admins and site admins; of an own goal, for the volunteer alone."


@strawberry.type(
    description="What volunteers do with groups, if this gateway decides about them. Each field is "
    "a transaction, one after the other; what is selected of its payload is read after its commit."
)
class Mutation:
    """Each field carries out the command of its input."""

    @strawberry.mutation(
        description="Creates a group that the viewer leads, with a join link. For volunteers who "
        "are signed in.",
        directives=[costs(_COST_OF_MORE)],
    )
    async def create_user_group(
        self,
        info: Info,
        input: InputArgument[CreateUserGroupInput],  # noqa: A002  (the name in the schema)
    ) -> CreateUserGroupPayload | None:
        return await carry_out(info, CreateUserGroupPayload, input.command())

    @strawberry.mutation(
        description=f"Changes names and visibility of a group. {_ADMINS}",
        directives=[costs(_COST)],
    )
    async def update_user_group(
        self,
        info: Info,
        input: InputArgument[UpdateUserGroupInput],  # noqa: A002
    ) -> UpdateUserGroupPayload | None:
        return await carry_out(info, UpdateUserGroupPayload, input.command())

    @strawberry.mutation(
        description="Ends a group and all memberships of it. What was counted stays; nothing more "
        f"is counted. {_ADMINS}",
        directives=[costs(_COST)],
    )
    async def deactivate_user_group(
        self,
        info: Info,
        input: InputArgument[DeactivateUserGroupInput],  # noqa: A002
    ) -> DeactivateUserGroupPayload | None:
        return await carry_out(info, DeactivateUserGroupPayload, input.command())

    @strawberry.mutation(
        description="Lets a deactivated group go on, with the memberships that ended with it. For "
        "who was an admin then, and site admins.",
        directives=[costs(_COST)],
    )
    async def reactivate_user_group(
        self,
        info: Info,
        input: InputArgument[ReactivateUserGroupInput],  # noqa: A002
    ) -> ReactivateUserGroupPayload | None:
        return await carry_out(info, ReactivateUserGroupPayload, input.command())

    @strawberry.mutation(
        description="Makes the viewer a member, by the token of the group's join link. Who is "
        "invited gets the role of the invitation; for who is a member already nothing changes.",
        directives=[costs(_COST_OF_MORE)],
    )
    async def join_user_group(
        self,
        info: Info,
        input: InputArgument[JoinUserGroupInput],  # noqa: A002
    ) -> JoinUserGroupPayload | None:
        return await carry_out(info, JoinUserGroupPayload, input.command())

    @strawberry.mutation(
        description="Ends the viewer's own membership, or declines their invitation. The last "
        "admin names a successor, or deactivates the group.",
        directives=[costs(_COST)],
    )
    async def leave_user_group(
        self,
        info: Info,
        input: InputArgument[LeaveUserGroupInput],  # noqa: A002
    ) -> LeaveUserGroupPayload | None:
        return await carry_out(info, LeaveUserGroupPayload, input.command())

    @strawberry.mutation(
        description=f"Invites volunteers, who may accept or decline. {_ADMINS}",
        directives=[costs(_COST_OF_MORE)],
    )
    async def invite_to_user_group(
        self,
        info: Info,
        input: InputArgument[InviteToUserGroupInput],  # noqa: A002
    ) -> InviteToUserGroupPayload | None:
        return await carry_out(info, InviteToUserGroupPayload, input.command())

    @strawberry.mutation(
        description="Makes the viewer a member, with the role of their invitation.",
        directives=[costs(_COST)],
    )
    async def accept_invitation(
        self,
        info: Info,
        input: InputArgument[AcceptInvitationInput],  # noqa: A002
    ) -> AcceptInvitationPayload | None:
        return await carry_out(info, AcceptInvitationPayload, input.command())

    @strawberry.mutation(
        description="Turns the viewer's invitation down.", directives=[costs(_COST)]
    )
    async def decline_invitation(
        self,
        info: Info,
        input: InputArgument[DeclineInvitationInput],  # noqa: A002
    ) -> DeclineInvitationPayload | None:
        return await carry_out(info, DeclineInvitationPayload, input.command())

    @strawberry.mutation(
        description="Ends memberships, and withdraws invitations: all or none. Who still has the "
        f"join link can join again: rotate it first. {_ADMINS}",
        directives=[costs(_COST)],
    )
    async def remove_members(
        self,
        info: Info,
        input: InputArgument[RemoveMembersInput],  # noqa: A002
    ) -> RemoveMembersPayload | None:
        return await carry_out(info, RemoveMembersPayload, input.command())

    @strawberry.mutation(
        description="Makes an active member an admin or a plain member; of somebody invited, "
        f"changes the role that they will have. {_ADMINS}",
        directives=[costs(_COST)],
    )
    async def set_member_role(
        self,
        info: Info,
        input: InputArgument[SetMemberRoleInput],  # noqa: A002
    ) -> SetMemberRolePayload | None:
        return await carry_out(info, SetMemberRolePayload, input.command())

    @strawberry.mutation(
        description=f"Rotates the join link, switches it, or lets it expire. {_ADMINS}",
        directives=[costs(_COST)],
    )
    async def update_join_link(
        self,
        info: Info,
        input: InputArgument[UpdateJoinLinkInput],  # noqa: A002
    ) -> UpdateJoinLinkPayload | None:
        return await carry_out(info, UpdateJoinLinkPayload, input.command())

    @strawberry.mutation(
        description="Sets a goal of a group, or one of the viewer's own. For the group's admins "
        "and site admins; an own goal is for volunteers who are signed in.",
        directives=[costs(_COST)],
    )
    async def create_goal(
        self,
        info: Info,
        input: InputArgument[CreateGoalInput],  # noqa: A002
    ) -> CreateGoalPayload | None:
        return await carry_out(info, CreateGoalPayload, input.command())

    @strawberry.mutation(
        description="Changes title, target, days or milestones of a goal. What is counted stays: "
        f"create another goal for that. {_OF_GOALS}",
        directives=[costs(_COST)],
    )
    async def update_goal(
        self,
        info: Info,
        input: InputArgument[UpdateGoalInput],  # noqa: A002
    ) -> UpdateGoalPayload | None:
        return await carry_out(info, UpdateGoalPayload, input.command())

    @strawberry.mutation(
        description="Puts a goal away, which is then listed with `includeArchived` alone, or takes "
        f"it up again. {_OF_GOALS}",
        directives=[costs(_COST)],
    )
    async def archive_goal(
        self,
        info: Info,
        input: InputArgument[ArchiveGoalInput],  # noqa: A002
    ) -> ArchiveGoalPayload | None:
        return await carry_out(info, ArchiveGoalPayload, input.command())

    @strawberry.mutation(
        description="Deletes a goal that was a mistake, for ever. One that is over is better "
        f"archived. {_OF_GOALS}",
        directives=[costs(_COST)],
    )
    async def delete_goal(
        self,
        info: Info,
        input: InputArgument[DeleteGoalInput],  # noqa: A002
    ) -> DeleteGoalPayload | None:
        return await carry_out(info, DeleteGoalPayload, input.command())

    @strawberry.mutation(
        description="Certifies what the viewer did: stores the figures as they are counted now, "
        "under a code by which whoever is given it can check them. For volunteers who are signed "
        "in.",
        directives=[costs(_COST_OF_MORE)],
    )
    async def issue_certificate(
        self,
        info: Info,
        input: InputArgument[IssueCertificateInput],  # noqa: A002
    ) -> IssueCertificatePayload | None:
        return await carry_out(info, IssueCertificatePayload, input.command())

    @strawberry.mutation(
        description="Takes a certificate back for ever: it looks then as if there had never been "
        "one. For its volunteer and site admins.",
        directives=[costs(_COST)],
    )
    async def revoke_certificate(
        self,
        info: Info,
        input: InputArgument[RevokeCertificateInput],  # noqa: A002
    ) -> RevokeCertificatePayload | None:
        return await carry_out(info, RevokeCertificatePayload, input.command())
