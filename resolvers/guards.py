"""Guards: who may see a field, declared on the field.

A guard is in the SDL as ``@guard`` and in the field's description. What it requires was decided
once for each operation and group, before an object of the group existed
(``gateway.loaders.access``); without a decision it refuses. A guarded field is nullable: refused,
it is null with an error, and the rest of the operation still answers.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver, SyncExtensionResolver
from strawberry.schema_directive import Location
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField

from gateway.loaders.access import Access
from resolvers.context import Info


@strawberry.enum(description="Who may see a guarded field. Site admins may see all fields.")
class GuardRule(Enum):
    """The rules; where they depend on the group's level, ``gateway.auth.visibility`` has it."""

    GROUP_AGGREGATES = strawberry.enum_value(
        "group_aggregates",
        description="Members of the group; anyone, where its statsVisibility makes totals public.",
    )
    GROUP_INDIVIDUALS = strawberry.enum_value(
        "group_individuals",
        description=(
            "Admins of the group; members or anyone, where its statsVisibility shows members' "
            "stats to them."
        ),
    )
    GROUP_ADMINS = strawberry.enum_value("group_admins", description="Admins of the group alone.")
    GROUP_LEADERS = strawberry.enum_value(
        "group_leaders",
        description="Admins of the group, and no API keys: with it one changes the group.",
    )
    OWN_STATS = strawberry.enum_value("own_stats", description="The volunteer alone.")
    GROUPS_COUNT = strawberry.enum_value(
        "groups_count", description="Site admins, and API keys with the scope groups:count."
    )
    SITE_ADMIN = strawberry.enum_value("site_admin", description="Site admins alone.")


#: The directive's name in the schema.
GUARD = "guard"


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name=GUARD,
    description="Only viewers whom the rule allows see the field; for others it is null, with "
    "an error.",
)
class GuardDirective:
    """The directive of a guard in the SDL."""

    rule: GuardRule


def _require_individuals(access: Access, of: Any) -> None:
    # A goal without a group is a volunteer's own.
    if of.group_id is None:
        access.require_own_stats(of.user_id)
    else:
        access.require_individuals(of.group_id)


#: The check of each rule, of the operation's access and the source: of a group or a user.
_CHECKS: dict[GuardRule, Callable[[Access, Any], None]] = {
    GuardRule.GROUP_AGGREGATES: lambda access, of: access.require_aggregates(of.group_id),
    GuardRule.GROUP_INDIVIDUALS: _require_individuals,
    GuardRule.GROUP_ADMINS: lambda access, of: access.require_memberships(of.group_id),
    GuardRule.GROUP_LEADERS: lambda access, of: access.require_leadership(of.group_id),
    GuardRule.OWN_STATS: lambda access, of: access.require_own_stats(of.user_id),
    GuardRule.GROUPS_COUNT: lambda access, _: access.require_groups_count(),
    GuardRule.SITE_ADMIN: lambda access, _: access.require_site_admin(),
}

_SENTENCES = {
    GuardRule.GROUP_AGGREGATES: "Only for viewers to whom the group's `statsVisibility` shows "
    "aggregate stats.",
    GuardRule.GROUP_INDIVIDUALS: "Only for viewers to whom the group's `statsVisibility` shows "
    "individual stats.",
    GuardRule.GROUP_ADMINS: "Only for the group's admins and site admins.",
    GuardRule.GROUP_LEADERS: "Only for the group's admins and site admins, and no API keys.",
    GuardRule.OWN_STATS: "Only for the volunteer and site admins.",
    GuardRule.GROUPS_COUNT: "Only for site admins, and API keys with the scope `groups:count`.",
    GuardRule.SITE_ADMIN: "Only for site admins.",
}


class Guard(FieldExtension):
    """Lets a field resolve only for viewers whom its rule allows."""

    def __init__(self, rule: GuardRule) -> None:
        self.rule = rule
        self._check = _CHECKS[rule]

    def apply(self, field: StrawberryField) -> None:
        """Show the rule in the SDL and in the description."""
        if not isinstance(field.type, StrawberryOptional):
            raise TypeError(f"{field.name} is guarded and must be nullable: a refusal is null")
        if any(isinstance(one, GuardDirective) for one in field.directives):
            return  # the type is in a second schema: Strawberry applies extensions once for each
        field.directives = [*field.directives, GuardDirective(rule=self.rule)]
        field.description = f"{field.description} {_SENTENCES[self.rule]}"

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: Info, **kwargs: Any) -> Any:
        self._check(info.context.loaders.access, source)
        return next_(source, info, **kwargs)

    def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Info, **kwargs: Any
    ) -> Any:
        self._check(info.context.loaders.access, source)
        return next_(source, info, **kwargs)
