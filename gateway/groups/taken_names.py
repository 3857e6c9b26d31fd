"""Taken names: groups and logins share one namespace, as they do at Panoptes."""

from __future__ import annotations

from sqlalchemy import select

from gateway.db.tables import name_key
from gateway.directory.name_lists import NameList
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.turn import Turn
from gateway.name_keys import identifier_key


def is_taken(turn: Turn, name: str, group_id: int | None = None) -> bool:
    """Whether another group (than ``group_id``), ended or not, or a login has the name.

    Without regard to letter case. True under the writer lock until the transaction ends.
    """
    key = identifier_key(name)
    if turn.viewer.login is not None and identifier_key(turn.viewer.login) == key:
        return True
    statement = select(name_key.c.list, name_key.c.entity_id).where(
        name_key.c.list.in_([NameList.GROUP_NAMES, NameList.LOGINS]), name_key.c.key == key
    )
    return any(
        (name_list, entity_id) != (NameList.GROUP_NAMES, group_id)
        for name_list, entity_id in turn.connection.execute(statement)
    )


def check_free(turn: Turn, name: str, group_id: int | None = None) -> None:
    """NAME_TAKEN if another group or a login has the name."""
    if is_taken(turn, name, group_id):
        raise GroupRefusal(RefusalCode.NAME_TAKEN, "This name is taken: choose another.", "name")
