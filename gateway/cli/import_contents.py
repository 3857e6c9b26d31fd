"""Contents of an import: its projects, days, volunteers and workflows, for the summary."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter

from gateway.calendar import day_date, day_of
from gateway.events.event import Batch, Classification, Comment
from gateway.ingestion.bulk.reading import PlainRows

#: How many ids are listed, and how many volunteers are counted, which bounds the memory.
_NAMED = 5
_MOST_VOLUNTEERS = 1_000_000

_time_of = attrgetter("event_time")
_user_of = attrgetter("user_id")
_project_of = attrgetter("project_id")
_workflow_of = attrgetter("workflow_id")


class Contents:
    """Contents of the events that counted, whether new or stored before."""

    def __init__(self) -> None:
        self._projects: set[int] = set()
        self._project_names: dict[int, str] = {}
        self._workflows: set[int] = set()
        self._volunteers: set[int] = set()
        self._anonymous = 0
        self._first: int | None = None
        self._last: int | None = None

    def add(self, batch: Batch) -> None:
        """Add the events of a committed batch."""
        if not len(batch):
            return
        self._add(batch.classifications)
        self._add(batch.comments)
        self._workflows |= set(map(_workflow_of, batch.classifications))
        for project_id in self._projects & batch.names.projects.keys():
            if name := batch.names.projects[project_id]:
                self._project_names[project_id] = name

    def _add(self, events: Sequence[Classification | Comment]) -> None:
        if not events:
            return
        times = list(map(_time_of, events))
        first, last = min(times), max(times)
        self._first = first if self._first is None else min(self._first, first)
        self._last = last if self._last is None else max(self._last, last)
        users = list(map(_user_of, events))
        self._anonymous += users.count(None)
        if len(self._volunteers) < _MOST_VOLUNTEERS:
            self._volunteers |= {*users} - {None}
        self._projects |= set(map(_project_of, events))

    def add_plain(self, rows: PlainRows) -> None:
        """Add plain rows of a bulk load, which were not read one by one."""
        if not rows.rows:
            return
        self._first = rows.first if self._first is None else min(self._first, rows.first)
        self._last = rows.last if self._last is None else max(self._last, rows.last)
        self._anonymous += rows.anonymous
        if len(self._volunteers) < _MOST_VOLUNTEERS:
            self._volunteers |= rows.volunteers
        self._projects |= rows.projects
        self._workflows |= rows.workflows

    @property
    def projects(self) -> set[int]:
        """Ids of the events' projects, without 0 for no project."""
        return self._projects - {0}

    def lines(self) -> Iterator[str]:
        """Lines for projects, days, volunteers and workflows; none without events."""
        if self._first is None or self._last is None:
            return
        projects = [self._project_label(one) for one in sorted(self.projects)]
        if 0 in self._projects:
            projects.append("none")
        yield f"projects    {_listed(projects)}"
        yield f"days        {day_date(day_of(self._first))} to {day_date(day_of(self._last))}"
        count = len(self._volunteers)
        volunteers = f"{count:,}" if count < _MOST_VOLUNTEERS else f"at least {_MOST_VOLUNTEERS:,}"
        yield f"volunteers  {volunteers}, and {self._anonymous:,} anonymous events"
        if self._workflows:
            ids = _listed([str(one) for one in sorted(self._workflows)])
            yield f"workflows   {len(self._workflows):,}: {ids}"

    def _project_label(self, project_id: int) -> str:
        name = self._project_names.get(project_id)
        return f"{project_id} ({name})" if name else str(project_id)


def _listed(names: Collection[str]) -> str:
    listed = ", ".join(list(names)[:_NAMED])
    more = len(names) - _NAMED
    return f"{listed} and {more:,} more" if more > 0 else listed
