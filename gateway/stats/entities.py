"""Entities that the answers of questions depend on."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.changes.entity import SITE, Entity
from gateway.stats.subject import Kind, Question

#: What is counted of an entity, and what the directory says of it, change apart from each other.
COUNTED: Mapping[Kind, str] = {
    Kind.PROJECT: "project",
    Kind.WORKFLOW: "workflow",
    Kind.USER: "user",
    Kind.GROUP: "user_group",
}
RECORDED: Mapping[Kind, str] = {kind: f"{name}_record" for kind, name in COUNTED.items()}


def counted(question: Question, subject_id: int) -> tuple[Entity, ...]:
    """The entities of which one changes whenever the answer of a question does.

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
        # What names no project is counted under 0, which is no entity.
        if ids and 0 not in ids:
            return tuple((COUNTED[kind], one) for one in ids)
    return (SITE,)
