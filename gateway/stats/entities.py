"""Dependencies of answers: the entities whose changes invalidate them."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.changes.entity import SITE, Entity
from gateway.stats.subject import Kind, Question

#: The counts of an entity and its directory record change independently of each other.
COUNTED: Mapping[Kind, str] = {
    Kind.PROJECT: "project",
    Kind.WORKFLOW: "workflow",
    Kind.USER: "user",
    Kind.GROUP: "user_group",
}
RECORDED: Mapping[Kind, str] = {kind: f"{name}_record" for kind, name in COUNTED.items()}


def counted(question: Question, subject_id: int) -> tuple[Entity, ...]:
    """Entities that an answer depends on: one of them changes whenever the answer does.

    A question about the site that selects projects, workflows or users depends on these alone.
    """
    if question.kind is not Kind.SITE:
        return ((COUNTED[question.kind], subject_id),)
    selection = question.selection
    for kind, ids in (
        (Kind.PROJECT, selection.project_ids),
        (Kind.WORKFLOW, selection.workflow_ids),
        (Kind.USER, selection.user_ids),
    ):
        # Events without a project are counted under 0, which is no entity.
        if ids and 0 not in ids:
            return tuple((COUNTED[kind], one) for one in ids)
    return (SITE,)
