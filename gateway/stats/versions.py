"""Data versions: which of them an answer depends on, and reading them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, literal_column, select

from gateway.db.ids import among
from gateway.db.tables import data_version
from gateway.stats.subject import Kind, Question

#: A kind of data version and the id of an entity of that kind.
Entity = tuple[str, int]

SITE: Entity = ("site", 0)

#: What is counted of an entity, and what the directory says of it, have versions of their own.
COUNTED: Mapping[Kind, str] = {
    Kind.PROJECT: "project",
    Kind.WORKFLOW: "workflow",
    Kind.USER: "user",
    Kind.GROUP: "user_group",
}
RECORDED: Mapping[Kind, str] = {kind: f"{name}_record" for kind, name in COUNTED.items()}

_KINDS = ("site", *COUNTED.values(), *RECORDED.values())


def counted(question: Question, subject_id: int) -> tuple[Entity, ...]:
    """The entities of which one has a new version whenever the answer of a question changes.

    What is asked of some projects, workflows or users of the site alone changes with these.
    """
    if question.kind is not Kind.SITE:
        return ((COUNTED[question.kind], subject_id),)
    selection = question.selection
    for kind, ids in (
        (Kind.PROJECT, selection.project_ids),
        (Kind.WORKFLOW, selection.workflow_ids),
        (Kind.USER, selection.user_ids),
    ):
        # What names no project is counted under 0, which has no version.
        if ids is not None and 0 not in ids:
            return tuple((COUNTED[kind], one) for one in ids)
    return (SITE,)


def _of_kind(code: int, kind: str) -> Select[Any]:
    known = data_version.c
    return select(literal_column(str(code)), known.entity_id, known.version).where(
        known.kind == literal_column(f"'{kind}'"), among(known.entity_id, "ids")
    )


_STATEMENTS = {kind: _of_kind(code, kind) for code, kind in enumerate(_KINDS)}


def version_requests(entities: Iterable[Entity]) -> list[tuple[Select[Any], dict[str, Any]]]:
    """Statements with parameters, one for each kind, whose rows :func:`read_versions` reads."""
    ids: dict[str, list[int]] = {}
    for kind, entity_id in entities:
        ids.setdefault(kind, []).append(entity_id)
    return [(_STATEMENTS[kind], {"ids": ids[kind]}) for kind in sorted(ids)]


def read_versions(rows: Iterable[Any]) -> Iterable[tuple[Entity, int]]:
    """Entities and versions in the rows of such a statement; an entity without one has 0."""
    return (((_KINDS[code], entity_id), version) for code, entity_id, version in rows)
