"""Levels of ``statsVisibility`` in the schema."""

from __future__ import annotations

from enum import Enum

import strawberry

from gateway.directory.stats_visibility import StatsVisibility as _Level


@strawberry.enum(description="Who may see a group's statistics.")
class StatsVisibility(Enum):
    """Panoptes' levels."""

    PRIVATE_AGG_ONLY = strawberry.enum_value(
        _Level.PRIVATE_AGG_ONLY,
        description="Members see aggregate stats, group admins individual stats.",
    )
    PRIVATE_SHOW_AGG_AND_IND = strawberry.enum_value(
        _Level.PRIVATE_SHOW_AGG_AND_IND,
        description="Members see aggregate and individual stats.",
    )
    PUBLIC_AGG_ONLY = strawberry.enum_value(
        _Level.PUBLIC_AGG_ONLY,
        description="Anyone sees aggregate stats, group admins individual stats.",
    )
    PUBLIC_AGG_SHOW_IND_IF_MEMBER = strawberry.enum_value(
        _Level.PUBLIC_AGG_SHOW_IND_IF_MEMBER,
        description="Anyone sees aggregate stats, members individual stats.",
    )
    PUBLIC_SHOW_ALL = strawberry.enum_value(
        _Level.PUBLIC_SHOW_ALL,
        description="Anyone sees aggregate and individual stats.",
    )
