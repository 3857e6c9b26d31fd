"""Lists of names: what can be looked up by an identifier, and what can be listed and searched."""

from __future__ import annotations

from enum import IntEnum


class NameList(IntEnum):
    """A list of the name index; the numbers are stored."""

    #: Identifiers, which lead to whoever has them.
    LOGINS = 1
    SLUGS = 2
    GROUP_NAMES = 3
    #: Entities by their displayed names.
    PROJECTS = 4
    WORKFLOWS = 5
    ACTIVE_WORKFLOWS = 6
    INACTIVE_WORKFLOWS = 7
    #: Groups that are not hidden and have not ended.
    PUBLIC_GROUPS = 8


#: Lists of identifiers: a change of one tells which identifiers it concerns.
IDENTIFIERS = frozenset({NameList.LOGINS, NameList.SLUGS, NameList.GROUP_NAMES})
