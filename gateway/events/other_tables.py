"""Tables without events, such as exports of subjects: detected by their columns."""

from __future__ import annotations

import re
from collections.abc import Collection

#: Columns by which a table is detected, and its name; the first match counts. The exports are those
#: of Panoptes (lib/formatter/csv), extracts and reductions those of Caesar and of
#: panoptes_aggregation.
_KINDS = (
    ({"extractor"}, "a flattened table of extracts"),
    ({"extractor_key"}, "a flattened table of extracts"),
    ({"subject_id", "reducer"}, "a flattened table of reductions"),
    ({"subject_id", "reducer_key"}, "a flattened table of reductions"),
    ({"subject_id", "locations"}, "an export of subjects"),
    ({"subject_id", "subject_set_id"}, "an export of subjects"),
    ({"subject_id", "retired_at"}, "an export of subjects"),
    ({"workflow_content_id"}, "an export of workflow contents"),
    ({"workflow_id", "language", "strings"}, "an export of workflow contents"),
    ({"workflow_id", "first_task"}, "an export of workflows"),
    ({"workflow_id", "tasks"}, "an export of workflows"),
    ({"workflow_id", "retirement"}, "an export of workflows"),
    ({"subject_id", "num_users"}, "a flattened table of aggregations"),
)
#: Names of columns that scripts extract from annotations.
_FLATTENED = re.compile(
    r"data\..*|t[0-9]+(?:[ ._-].*)?|task|task_.*|tool|tool_.*|choice|choices|answer|answers|value|"
    r"val|how_?many|mark|marks|mark_.*|annotation|label"
)


def other_kind(columns: Collection[str]) -> str | None:
    """Name of a table without events by its columns; None if it may hold events."""
    present = set(columns)
    # An export with these columns is valid, whatever its others are.
    if {"classification_id", "metadata"} <= present or "event_time" in present:
        return None
    for telltales, kind in _KINDS:
        if telltales <= present:
            return kind
    if "classification_id" in present and any(map(_FLATTENED.fullmatch, present)):
        return "a flattened table of annotations"
    return None
