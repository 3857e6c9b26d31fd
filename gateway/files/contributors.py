"""Contributors file of a group: who classified, how much, and how much in each project.

The columns are those of the export that today's front end of the Zooniverse makes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gateway.files.cells import Cell
from gateway.files.kinds import DAYS, SCOPES, Columns, FileKind, Node, RunQuery, Variables, hours

_DOCUMENT = """\
query FileOfContributors(
  $id: ID!, $range: DateRange, $within: StatsScope, $first: Int!, $after: String
) {
  userGroup(id: $id) {
    classifications(range: $range, within: $within) {
      memberBreakdown(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          user { id login displayName }
          count
          timeSpent
          projectContributions { project { id displayName } count timeSpent }
        }
      }
    }
  }
}
"""
#: All projects of the contributors: each has two columns.
_PROJECTS = """\
query ProjectsOfContributors($id: ID!, $range: DateRange, $within: StatsScope) {
  userGroup(id: $id) {
    classifications(range: $range, within: $within) {
      projectContributions { project { id displayName } }
    }
  }
}
"""
_NAMES = ("Display Name", "Username", "Total Classifications", "Total Hours")
_ABSENT: tuple[Cell, Cell] = (0, 0)


async def _columns(run_query: RunQuery, variables: Variables) -> Columns:
    data = await run_query(_PROJECTS, variables)
    found = data["userGroup"]["classifications"]["projectContributions"]
    projects = [one["project"] for one in found]
    ids = [_id_of(project) for project in projects]
    titles = _titles(projects)

    def cells(node: Node) -> Sequence[Cell]:
        there: dict[str | None, tuple[Cell, Cell]] = {
            _id_of(one["project"]): (one["count"], hours(one["timeSpent"]))
            for one in node["projectContributions"]
        }
        user = node["user"]
        row = [user["displayName"], user["login"], node["count"], hours(node["timeSpent"])]
        return [*row, *(cell for one in ids for cell in there.get(one, _ABSENT))]

    names = [f"{title} {what}" for title in titles for what in ("Classifications", "Hours")]
    return Columns((*_NAMES, *names), cells)


def _id_of(project: Node | None) -> str | None:
    return None if project is None else project["id"]


def _titles(projects: Sequence[Node | None]) -> list[str]:
    """A title for each project, that no other has."""
    titles = [_title(project) for project in projects]
    times = Counter(titles)
    return [
        title if times[title] == 1 or project is None else f"{title} ({project['id']})"
        for title, project in zip(titles, projects, strict=True)
    ]


def _title(project: Node | None) -> str:
    if project is None:
        return "No Project"
    return project["displayName"] or f"Project {project['id']}"


CONTRIBUTORS = FileKind(
    "/files/groups/{id}/contributors",
    "All who classified for a group, most classifications first, and where",
    (*DAYS, *SCOPES),
    _DOCUMENT,
    ("userGroup", "classifications", "memberBreakdown"),
    _columns,
    page_size=1000,
)
