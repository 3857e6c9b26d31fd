"""Visibility levels of a group's statistics, with Panoptes' names and numbers."""

from __future__ import annotations

from enum import IntEnum


class StatsVisibility(IntEnum):
    """The level of a group; the rule for each is in ``gateway.auth.visibility``."""

    PRIVATE_AGG_ONLY = 0
    PRIVATE_SHOW_AGG_AND_IND = 1
    PUBLIC_AGG_ONLY = 2
    PUBLIC_AGG_SHOW_IND_IF_MEMBER = 3
    PUBLIC_SHOW_ALL = 4

    @classmethod
    def parse(cls, value: object) -> StatsVisibility:
        """Read Panoptes' name (in small letters) or the number; ValueError for anything else."""
        for level in cls:
            if value == level.name.lower() or (type(value) is int and value == level):
                return level
        names = ", ".join(level.name.lower() for level in cls)
        raise ValueError(f"not one of {names}, and not a number from 0 to {max(cls)}")
