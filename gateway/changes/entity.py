"""Entities: the units of the change log, on which cache entries depend."""

from __future__ import annotations

#: A kind and the id of an entity of that kind.
Entity = tuple[str, int]

#: Changes with every row of the log.
SITE: Entity = ("site", 0)

#: Changes whenever a user is erased.
ERASURES: Entity = ("erasure", 0)

#: What is counted of an entity, and what the directory says of it, are entities of their own:
#: counts change all the time.
KINDS = frozenset(
    {
        "user",
        "user_group",
        "project",
        "workflow",
        "user_record",
        "user_group_record",
        "project_record",
        "workflow_record",
        # Who is in a list of names and in which order, by its number; of lists of identifiers,
        # who has an identifier, by a number made of it.
        "name_list",
        "identifier",
        # Who was erased, under the number 0.
        "erasure",
    }
)
