"""Taken names: groups and logins share one namespace, as they do at Panoptes."""

from __future__ import annotations

from sqlalchemy import select

from gateway.db.tables import name_key
from gateway.directory.name_lists import NameList
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.transaction import Transaction
from gateway.name_keys import identifier_key


def is_taken(transaction: Transaction, name: str, group_id: int | None = None) -> bool:
    """Whether another group (than ``group_id``), ended or not, or a login has the name.

    Without regard to letter case. True under the writer lock until the transaction ends.
    """
    key = identifier_key(name)
    if transaction.viewer.login is not None and identifier_key(transaction.viewer.login) == key:
        return True
    statement = select(name_key.c.list, name_key.c.entity_id).where(
        name_key.c.list.in_([NameList.GROUP_NAMES, NameList.LOGINS]), name_key.c.key == key
    )
    return any(
        (name_list, entity_id) != (NameList.GROUP_NAMES, group_id)
        for name_list, entity_id in transaction.connection.execute(statement)
    )


def check_free(transaction: Transaction, name: str, group_id: int | None = None) -> None:
    """NAME_TAKEN if another group or a login has the name."""
    if is_taken(transaction, name, group_id):
        raise GroupRefusal(RefusalCode.NAME_TAKEN, "This name is taken: choose another.", "name")
