"""Each sample export through the real command and server, beside the same counted with pandas."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import httpx
import orjson
import pandas as pd
import pytest

from gateway.auth.tokens import issue_token
from gateway.cli.demo import EXPORTS
from tests.acceptance.pandas_recount import contributions, ranked, read_export, statistics, totals
from tests.server import environment, run_command, serving

GROUP = 7
BUCKETS = "fragment Buckets on PeriodBucket { startsOn count timeSpent }"
SUMS = """
  totalCount timeSpent
  day: buckets(period: DAY) { ...Buckets } week: buckets(period: WEEK) { ...Buckets }
  month: buckets(period: MONTH) { ...Buckets } year: buckets(period: YEAR) { ...Buckets }
"""
CONTRIBUTIONS = "projectContributions { project { id } count timeSpent lastContributedOn }"
ALL_TIME: dict[str, str] = {}
RANGES = [
    ALL_TIME,
    {"start": "2016-09-15", "end": "2017-05-20"},
    {"start": "2017-06-19"},
    {"end": "2016-11-30"},
    {"start": "2025-01-21", "end": "2025-01-21"},
    {"start": "2019-01-01", "end": "2019-12-31"},
]


@dataclass(frozen=True)
class Export:
    """One export, counted by both."""

    events: pd.DataFrame
    project: str
    url: str
    key: bytes = field(repr=False)

    def ask(self, fields: str, days: dict[str, str], user_id: int | None = None) -> dict[str, Any]:
        """The data that a query for ``fields`` is answered with, by whom they are asked."""
        headers = {}
        if user_id is not None:
            expires = datetime.now(UTC) + timedelta(minutes=5)
            token = issue_token(self.key, user_id, None, None, False, expires)
            headers["Authorization"] = f"Bearer {token}"
        query = f"query Q($days: DateRange) {{ {fields} }} {BUCKETS}"
        body = {"query": query, "variables": {"days": days}}
        answer = httpx.post(self.url, json=body, headers=headers, timeout=30).json()
        assert "errors" not in answer
        data: dict[str, Any] = answer["data"]
        return data

    def within(self, days: dict[str, str]) -> pd.DataFrame:
        """The events of a range, both days included."""
        day = self.events["at"].dt.strftime("%Y-%m-%d")
        return self.events[(day >= days.get("start", "")) & (day <= days.get("end", "9999"))]


@pytest.fixture(scope="module", params=EXPORTS, ids=[name for _, _, name in EXPORTS])
def export(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Export]:
    """An export imported, and its volunteers made a group, by the commands a person would type."""
    file, project_id, name = request.param
    folder = tmp_path_factory.mktemp("export")
    with as_file(files("gateway") / "demo" / file) as path:
        events = read_export(path)
        project = ("--project-id", str(project_id), "--project-name", name)
        _command(folder, "import", str(path), *project)
    document = folder / "directory.json"
    document.write_bytes(orjson.dumps(_group(events["user"].dropna().unique().tolist())))
    _command(folder, "directory", "load", str(document))
    _command(folder, "groups", "backfill", "--group", str(GROUP))
    _command(folder, "keys", "new", "--directory", str(folder))
    public_key = str(folder / "public.pem")
    with serving(folder, STATS_GATEWAY_JWT_PUBLIC_KEY_FILE=public_key) as server:
        private_key = (folder / "private.pem").read_bytes()
        yield Export(events, str(project_id), server.url, private_key)


def _command(folder: Path, *arguments: str) -> None:
    run_command(arguments, environment(folder, {}), folder).check_returncode()


def _group(user_ids: list[int]) -> dict[str, Any]:
    return {
        "user_groups": [{"id": GROUP, "name": "all", "stats_visibility": "public_show_all"}],
        "memberships": [
            {"user_id": user, "user_group_id": GROUP, "state": "active", "roles": ["group_member"]}
            for user in user_ids
        ],
    }


@pytest.mark.parametrize("days", RANGES, ids=str)
def test_site_project_and_each_workflow(export: Export, days: dict[str, str]) -> None:
    answer = export.ask(
        f"""
        classifications(range: $days) {{ {SUMS} anonymousCount }}
        project(id: {export.project}) {{
          classifications(range: $days) {{ {SUMS} anonymousCount }}
          workflows(orderBy: ID, first: 20) {{
            nodes {{ id classifications(range: $days) {{ {SUMS} anonymousCount }} }}
          }}
        }}
        """,
        days,
    )
    events = export.within(days)

    def expected(some: pd.DataFrame) -> dict[str, Any]:
        return statistics(some) | {"anonymousCount": int(some["user"].isna().sum())}

    assert answer["classifications"] == expected(events)
    assert answer["project"]["classifications"] == expected(events)
    assert answer["project"]["workflows"]["nodes"] == [
        {"id": str(workflow), "classifications": expected(events[events["workflow"] == workflow])}
        for workflow in sorted(export.events["workflow"].unique())
    ]


@pytest.mark.parametrize("days", RANGES, ids=str)
def test_volunteers_see_their_own_statistics(export: Export, days: dict[str, str]) -> None:
    most = export.events["user"].value_counts()
    for user_id in [*most.index[:3], *most.index[-2:]]:
        answer = export.ask(
            f"""me {{ id classifications(range: $days) {{
              {SUMS} projectCount {CONTRIBUTIONS}
            }} }}""",
            days,
            int(user_id),
        )
        events = export.within(days)
        events = events[events["user"] == user_id]
        done = contributions(events, export.project)
        shown = {"projectCount": len(done), "projectContributions": done}
        assert answer["me"] == {
            "id": str(user_id),
            "classifications": statistics(events) | shown,
        }


@pytest.mark.parametrize("days", RANGES, ids=str)
def test_the_group_of_all_volunteers_and_every_member(export: Export, days: dict[str, str]) -> None:
    answer = export.ask(
        f"""userGroup(id: {GROUP}) {{ classifications(range: $days) {{
          {SUMS} activeUsers projectCount {CONTRIBUTIONS}
          topContributors(first: 5) {{ user {{ id }} count timeSpent }}
          memberBreakdown(first: 5000) {{
            totalCount
            nodes {{
              user {{ id }} count timeSpent
              projectContributions {{ project {{ id }} count timeSpent }}
            }}
          }}
        }} }}""",
        days,
    )
    events = export.within(days)
    events = events[events["user"].notna()]
    done = contributions(events, export.project)

    def by_project(some: pd.DataFrame) -> dict[str, Any]:
        sums = totals(some, "count")
        return sums | {"projectContributions": [{"project": {"id": export.project}, **sums}]}

    members = ranked(events, by_project)
    assert answer["userGroup"]["classifications"] == statistics(events) | {
        "activeUsers": events["user"].nunique(),
        "projectCount": len(done),
        "projectContributions": done,
        "topContributors": ranked(events, lambda some: totals(some, "count"))[:5],
        "memberBreakdown": {"totalCount": len(members), "nodes": members},
    }


def test_the_exports_are_what_the_comparison_needs(export: Export) -> None:
    """Volunteers and sessions in each; the sums could not be all zero."""
    assert export.events["user"].nunique() >= 1
    assert export.events["ms"].sum() > 0
    assert len(export.events) in {2000, 153, 20}
