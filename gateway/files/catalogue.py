"""Catalogue of file downloads: the path, the query and the CSV columns of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from gateway.files.cells import Cell
from gateway.files.contributors import CONTRIBUTORS
from gateway.files.kinds import (
    BY_PERIOD,
    DAYS,
    SCOPES,
    Columns,
    FileKind,
    Node,
    RunQuery,
    Variables,
    hours,
)
from gateway.rest.eras.parameters import WORKFLOW_ID


def _always(
    names: Sequence[str], cells: Callable[[Node], Sequence[Cell]]
) -> Callable[[RunQuery, Variables], Awaitable[Columns]]:
    async def columns(_run_query: RunQuery, _variables: Variables) -> Columns:
        return Columns(names, cells)

    return columns


_MEMBER = _always(
    ("Display Name", "Username", "User ID"),
    lambda user: (user["displayName"], user["login"], user["id"]),
)


def _contribution(node: Node) -> Sequence[Cell]:
    project = node["project"] or {"displayName": None, "slug": None, "id": None}
    named = (project["displayName"], project["slug"], project["id"])
    return (*named, node["count"], hours(node["timeSpent"]), node["lastContributedOn"])


_CONTRIBUTION = _always(
    ("Project", "Slug", "Project ID", "Classifications", "Hours", "Last Day"), _contribution
)
_BUCKET = _always(
    ("First Day", "Classifications", "Hours", "Volunteers"),
    lambda one: (one["startsOn"], one["count"], hours(one["timeSpent"]), one["activeUsers"]),
)
#: Of one volunteer.
_OWN_BUCKET = _always(
    ("First Day", "Classifications", "Hours"),
    lambda one: (one["startsOn"], one["count"], hours(one["timeSpent"])),
)
_BUCKETS = "buckets(period: $period) { startsOn count timeSpent activeUsers }"
_OWN_BUCKETS = "buckets(period: $period) { startsOn count timeSpent }"
_PROJECTS = """projectContributions {
        project { id slug displayName }
        count
        timeSpent
        lastContributedOn
      }"""
_STATS = "classifications"


def _of(name: str, field: str, declared: str, passed: str, selected: str) -> str:
    """A query of the statistics of one entity."""
    return f"""\
query {name}($id: ID!, $range: DateRange{declared}) {{
  {field}(id: $id) {{
    classifications(range: $range{passed}) {{
      {selected}
    }}
  }}
}}
"""


_WITHIN = (", $within: StatsScope", ", within: $within")
_BY = ", $period: Period"

KINDS: tuple[FileKind, ...] = (
    CONTRIBUTORS,
    FileKind(
        "/files/groups/{id}/members",
        "The roster of a group",
        (),
        """\
query FileOfMembers($id: ID!, $first: Int!, $after: String) {
  userGroup(id: $id) {
    members(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id login displayName }
    }
  }
}
""",
        ("userGroup", "members"),
        _MEMBER,
        page_size=5000,
    ),
    FileKind(
        "/files/groups/{id}/projects",
        "The projects that a group classified in, most classifications first",
        (*DAYS, *SCOPES),
        _of("FileOfGroupProjects", "userGroup", *_WITHIN, _PROJECTS),
        ("userGroup", _STATS, "projectContributions"),
        _CONTRIBUTION,
    ),
    FileKind(
        "/files/groups/{id}/buckets",
        "Classifications of a group by period",
        (*DAYS, BY_PERIOD, *SCOPES),
        _of("FileOfGroupBuckets", "userGroup", _WITHIN[0] + _BY, _WITHIN[1], _BUCKETS),
        ("userGroup", _STATS, "buckets"),
        _BUCKET,
    ),
    FileKind(
        "/files/users/{id}/projects",
        "The projects that a volunteer classified in, most classifications first",
        (*DAYS, *SCOPES),
        _of("FileOfUserProjects", "user", *_WITHIN, _PROJECTS),
        ("user", _STATS, "projectContributions"),
        _CONTRIBUTION,
    ),
    FileKind(
        "/files/users/{id}/buckets",
        "Classifications of a volunteer by period",
        (*DAYS, BY_PERIOD, *SCOPES),
        _of("FileOfUserBuckets", "user", _WITHIN[0] + _BY, _WITHIN[1], _OWN_BUCKETS),
        ("user", _STATS, "buckets"),
        _OWN_BUCKET,
    ),
    FileKind(
        "/files/projects/{id}/buckets",
        "Classifications in a project by period",
        (*DAYS, BY_PERIOD, WORKFLOW_ID),
        _of(
            "FileOfProjectBuckets",
            "project",
            ", $workflowIds: [ID!]" + _BY,
            ", workflowIds: $workflowIds",
            _BUCKETS,
        ),
        ("project", _STATS, "buckets"),
        _BUCKET,
    ),
    FileKind(
        "/files/workflows/{id}/buckets",
        "Classifications in a workflow by period",
        (*DAYS, BY_PERIOD),
        _of("FileOfWorkflowBuckets", "workflow", _BY, "", _BUCKETS),
        ("workflow", _STATS, "buckets"),
        _BUCKET,
    ),
    FileKind(
        "/files/site/buckets",
        "Classifications anywhere by period",
        (*DAYS, BY_PERIOD, *SCOPES),
        f"""\
query FileOfSiteBuckets($range: DateRange, $within: StatsScope, $period: Period) {{
  classifications(range: $range, within: $within) {{
    {_BUCKETS}
  }}
}}
""",
        (_STATS, "buckets"),
        _BUCKET,
    ),
)
