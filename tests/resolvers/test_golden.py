"""What the real ERAS answered, asked in GraphQL: same names, ranges, filters and orders."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.directory.store_names import store_names
from gateway.events.stream import read_payload
from gateway.loaders.operation import Operation
from gateway.rollups.apply_batch import apply_batch
from resolvers.schema import graphql_schema
from tests.executing import compared

GOLDEN = Path(__file__).parent.parent / "golden"
NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
#: How the endpoint answers these is the token tests' matter: no operation runs at all.
BROKEN_CREDENTIALS = {"bad-token", "not-bearer", "empty-bearer"}


def recorded(name: str) -> list[Any]:
    lines = gzip.decompress((GOLDEN / f"{name}.ndjson.gz").read_bytes()).splitlines()
    return [json.loads(line) for line in lines]


#: Our names of ERAS's orders.
ORDERS = {"count": "MOST_CLASSIFICATIONS", "recents": "MOST_RECENT"}


async def fill(database: Database) -> None:
    events = recorded("events")
    for start in range(0, len(events), 500):
        batch = read_payload(events[start : start + 500], NOW)
        assert batch.rejects == []
        await database.write(lambda connection, batch=batch: apply_batch(connection, batch))
        await database.write(lambda connection, batch=batch: store_names(connection, batch.names))
    directory = json.loads((GOLDEN / "panoptes.json").read_text())
    await database.write(lambda connection: load_directory(connection, directory))


async def test_answers_equal_those_recorded_from_eras(database: Database) -> None:
    await fill(database)
    asked = wrong = 0
    report = []
    for case in recorded("golden"):
        if case["expected"]["status"] == 400 or case["request"]["as"] in BROKEN_CREDENTIALS:
            continue
        asked += 1
        difference = await difference_of(database, case)
        if difference:
            wrong += 1
            report.append(f"{case['name']}: {difference}")
    assert asked == 1122
    assert not wrong, "\n".join(report[:20])


async def difference_of(database: Database, case: dict[str, Any]) -> str | None:
    document, variables = translate(case["request"])
    viewer = viewer_of(case["request"]["as"])
    async with Operation(database, viewer, NOW) as ours, Operation(database, viewer, NOW) as theirs:
        result = await compared(graphql_schema, document, variables, ours, theirs)
    expected = case["expected"]
    codes = {error.extensions["code"] for error in result.errors or () if error.extensions}
    if expected["status"] == 403:
        refused = bool(codes) and codes <= {"FORBIDDEN", "UNAUTHENTICATED"}
        return None if refused else f"not refused: {codes} {result.data}"
    if expected["status"] == 404:
        return None if codes == {"NOT_FOUND"} else f"found: {codes} {result.data}"
    if codes == {"NOT_FOUND"} and expected["body"]["total_count"] == 0:
        return None  # a volunteer nobody has heard of, who for ERAS has done nothing
    if result.errors:
        return str(result.errors)
    stats = flatten(result.data)
    if case["request"]["params"].get("top_contributors") == "0":
        stats["topContributors"] = []
    answer = shape(stats, expected["body"])
    return None if answer == expected["body"] else f"{answer} != {expected['body']}"


def viewer_of(who: str | int) -> Viewer:
    if who == "anonymous":
        return ANONYMOUS
    return Viewer(id=1001, is_site_admin=True) if who == "admin" else Viewer(id=int(who))


def translate(request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The operation that asks what an ERAS request asks."""
    params = request["params"]
    parts = request["path"].strip("/").split("/")
    fields = ["totalCount"]
    comments = parts[0] == "comments"
    if "period" in params:
        timed = "" if comments else " timeSpent"
        fields.append(f"buckets(period: {params['period'].upper()}) {{ startsOn count{timed} }}")
    if not comments:
        fields.append("timeSpent")
    contributions = "{ project { id } count timeSpent }"
    order = ORDERS[params.get("order_project_contributions_by", "count").lower()]
    if len(parts) == 3:
        fields.append(f"projectContributions(orderBy: {order}) {contributions}")
    if parts[1:2] == ["user_groups"]:
        fields.append("activeUsers")
        member = f"{{ user {{ id }} count timeSpent projectContributions {contributions} }}"
        if "top_contributors" in params:
            # ERAS takes 0, which is no page here.
            first = max(1, int(params["top_contributors"]))
            fields.append(f"topContributors(first: {first}) {{ user {{ id }} count timeSpent }}")
        if "individual_stats_breakdown" in params:
            fields.append(f"memberBreakdown(first: 1000) {{ nodes {member} }}")
    given: dict[str, Any] = {
        "range": {"start": params.get("start_date"), "end": params.get("end_date")},
    }
    declared = {"range": "DateRange"}
    if comments:
        given |= {"projectIds": ids(params, "project_id"), "userIds": ids(params, "user_id")}
        declared |= {"projectIds": "[ID!]", "userIds": "[ID!]"}
    else:
        places = {
            "projectIds": ids(params, "project_id"),
            "workflowIds": ids(params, "workflow_id"),
        }
        chosen = {name: value for name, value in places.items() if value is not None}
        given |= {"within": chosen or None}
        declared |= {"within": "StatsScope"}
    variables = ", ".join(f"${name}: {kind}" for name, kind in declared.items())
    arguments = ", ".join(f"{name}: ${name}" for name in declared)
    stats = f"{parts[0]}({arguments}) {{ {' '.join(fields)} }}"
    if len(parts) == 1:
        return f"query ({variables}) {{ {stats} }}", given
    entity = {"users": "user", "user_groups": "userGroup"}[parts[1]]
    return (
        f"query ({variables}, $id: ID!) {{ {entity}(id: $id) {{ {stats} }} }}",
        {**given, "id": parts[2]},
    )


def ids(params: dict[str, str], name: str) -> list[str] | None:
    return params[name].split(",") if params.get(name) else None


def flatten(data: dict[str, Any] | None) -> dict[str, Any]:
    assert data is not None
    inner: dict[str, Any] = next(iter(data.values()))
    return inner if "totalCount" in inner else flatten(inner)


def shape(stats: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """Our answer in ERAS's names, with the keys that ERAS gave."""
    parts = {
        "total_count": stats["totalCount"],
        "time_spent": stats.get("timeSpent"),
        "active_users": stats.get("activeUsers"),
        "data": [bucket(one) for one in stats.get("buckets", [])],
        "project_contributions": [project(one) for one in stats.get("projectContributions", [])],
        "top_contributors": [member(one) for one in stats.get("topContributors", [])],
        "group_member_stats_breakdown": [
            member(one)
            | {"project_contributions": [project(p) for p in one["projectContributions"]]}
            for one in stats.get("memberBreakdown", {}).get("nodes", [])
        ],
    }
    return {key: as_deep(parts[key], value) for key, value in like.items()}


def as_deep(ours: Any, theirs: Any) -> Any:
    """Only the keys that ERAS gives for each row: it leaves out times that were not asked for."""
    if isinstance(theirs, list) and theirs and isinstance(ours, list):
        return [{key: row[key] for key in theirs[0]} for row in ours]
    return ours


def bucket(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "period": f"{one['startsOn']}T00:00:00.000Z",
        "count": one["count"],
        "session_time": one.get("timeSpent"),
    }


def project(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "project_id": int(one["project"]["id"]),
        "count": one["count"],
        "session_time": one["timeSpent"],
    }


def member(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "user_id": int(one["user"]["id"]),
        "count": one["count"],
        "session_time": one["timeSpent"],
    }
