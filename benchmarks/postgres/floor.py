"""The floor: asyncpg, the statements that Mercurius has as well, and orjson over uvicorn.

Written for these pages alone: no GraphQL, no guards, no common snapshot. ``POST /{page}`` takes
the page's variables.
"""

from __future__ import annotations

import base64
import os
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from benchmarks.peers import FOLDER
from gateway.calendar import DayRange, Grain, day_number, decompose
from gateway.directory.stats_visibility import StatsVisibility

Json = dict[str, Any]
Rows = Sequence[Any]

_TEXTS = re.split(
    r"^-- name: ", (FOLDER / "postgres" / "statements.sql").read_text("utf-8"), flags=re.MULTILINE
)
STATEMENTS = {text.split("\n", 1)[0]: text.split("\n", 1)[1] for text in _TEXTS[1:]}
#: Grains, first and last buckets of the pieces of a range.
Pieces = tuple[list[int], list[int], list[int]]


class Pages:
    """Each page as a function of its variables."""

    def __init__(self, pool: asyncpg.Pool, viewer: int) -> None:
        self._pool = pool
        self._viewer = viewer

    async def group(self, given: Json) -> Json:
        group, days = int(given["id"]), _range(given)
        async with self._pool.acquire() as connection:
            (record,) = await _fetch(connection, "user_group", group, self._viewer)
            (totals,) = await _fetch(connection, "group_totals", [group], *_pieces(days))
            ((_, active),) = await _fetch(connection, "group_active_users", [group], *_pieces(days))
            buckets = await _fetch(
                connection, "group_buckets", [group], *_pieces(days, Grain.MONTH), "month"
            )
            projects = await _fetch(connection, "group_projects", [group], *_pieces(days))
            top = await _fetch(connection, "group_ranking", group, *_pieces(days), 10)
        _, name, display_name, level, state, roles = record
        held = [role.upper() for role in orjson.loads(roles or "[]")]
        membership = state and {"state": state.upper(), "roles": held}
        classifications = {
            "totalCount": totals[1],
            "timeSpent": totals[2] / 1000,
            "activeUsers": active,
            "projectCount": _count(projects),
            "buckets": _buckets(buckets),
            "projectContributions": [
                {"project": _project(row), "count": row[4]} for row in projects[:5]
            ],
            "topContributors": [
                {
                    "user": {"login": login, "displayName": shown},
                    "count": n,
                    "timeSpent": ms / 1000,
                }
                for _, login, shown, n, ms in top
            ],
        }
        shown = {
            "name": name,
            "displayName": display_name,
            "statsVisibility": StatsVisibility(level).name,
            "viewerMembership": membership,
            "classifications": classifications,
            "menu": _menu(projects),
        }
        return {"userGroup": shown}

    async def contributors(self, given: Json) -> Json:
        group, first, each = int(given["id"]), given["first"], given["projects"]
        async with self._pool.acquire() as connection:
            ((_, _, name, *_),) = await _fetch(connection, "user_group", group, self._viewer)
            ((_, total),) = await _fetch(
                connection, "group_active_users", [group], *_pieces(DayRange())
            )
            found = await _fetch(
                connection, "group_ranking", group, *_pieces(DayRange()), first + 1
            )
            members = found[:first]
            ids = [row[0] for row in members]
            rows = await _fetch(connection, "member_projects", group, *_pieces(DayRange()), ids)
        by_member: dict[int, list[Any]] = defaultdict(list)
        for row in rows:
            by_member[row[0]].append(row)
        breakdown = {
            "totalCount": total,
            "pageInfo": {
                "hasNextPage": len(found) > first,
                "endCursor": base64.b64encode(
                    orjson.dumps(["count", members[-1][3], members[-1][0]])
                ).decode(),
            },
            "nodes": [
                {
                    "user": {"login": login, "displayName": shown},
                    "count": n,
                    "timeSpent": ms / 1000,
                    "projectContributions": [
                        {
                            "project": {"displayName": row[3]} if row[1] else None,
                            "count": row[4],
                            "timeSpent": row[5] / 1000,
                        }
                        for row in by_member[user_id][:each]
                    ],
                }
                for user_id, login, shown, n, ms in members
            ],
        }
        return {
            "userGroup": {"displayName": name, "classifications": {"memberBreakdown": breakdown}}
        }

    async def volunteer(self, given: Json) -> Json:
        user, days = self._viewer, _range(given)
        async with self._pool.acquire() as connection:
            ((_, login, display_name),) = await _fetch(connection, "viewer", user)
            (totals,) = await _fetch(connection, "user_totals", [user], *_pieces(days))
            buckets = await _fetch(
                connection, "user_buckets", [user], *_pieces(days, Grain.MONTH), "month"
            )
            projects = await _fetch(connection, "user_projects", [user], *_pieces(days))
        classifications = {
            "totalCount": totals[1],
            "timeSpent": totals[2] / 1000,
            "projectCount": _count(projects),
            "buckets": _buckets(buckets),
            "projectContributions": [
                {"project": _project(row), "count": row[4], "timeSpent": row[5] / 1000}
                for row in projects[:5]
            ],
        }
        return {
            "me": {
                "login": login,
                "displayName": display_name,
                "classifications": classifications,
                "menu": _menu(projects),
            }
        }

    async def project_workflows(self, given: Json) -> Json:
        project, days = int(given["id"]), _range(given)
        async with self._pool.acquire() as connection:
            ((_, _, name),) = await _fetch(connection, "project", project)
            ((_, n, ms),) = await _fetch(
                connection, "project_totals", [project], *_pieces(DayRange())
            )
            workflows = await _fetch(connection, "project_workflows", project)
            ids = [row[0] for row in workflows]
            totals = {
                row[0]: row[1]
                for row in await _fetch(connection, "workflow_totals", ids, *_pieces(DayRange()))
            }
            found = await _fetch(
                connection, "workflow_buckets", ids, *_pieces(days, Grain.DAY), "day"
            )
        recent: dict[int, list[Json]] = defaultdict(list)
        for workflow_id, day, count, _ in found:
            recent[workflow_id].append({"startsOn": day, "count": count})
        nodes = [
            {
                "id": str(workflow_id),
                "displayName": shown,
                "active": active,
                "completeness": completeness,
                "classifications": {"totalCount": totals.get(workflow_id, 0)},
                "recent": {"buckets": recent[workflow_id]},
            }
            for workflow_id, shown, active, completeness in workflows
        ]
        return {
            "project": {
                "displayName": name,
                "classifications": {"totalCount": n, "timeSpent": ms / 1000},
                "workflows": {"nodes": nodes},
            }
        }

    async def site_by_month(self, given: Json) -> Json:
        days = _range(given)
        async with self._pool.acquire() as connection:
            ((_, n, ms),) = await _fetch(connection, "site_totals", [0], *_pieces(days))
            buckets = await _fetch(
                connection, "site_buckets", [0], *_pieces(days, Grain.MONTH), "month"
            )
        return {
            "classifications": {
                "totalCount": n,
                "timeSpent": ms / 1000,
                "buckets": _buckets(buckets),
            }
        }


async def _fetch(connection: Any, statement: str, *values: Any) -> Rows:
    rows: Rows = await connection.fetch(STATEMENTS[statement], *values)
    return rows


def _range(given: Json) -> DayRange:
    days = (given.get(name) for name in ("start", "end"))
    return DayRange(*(day and day_number(date.fromisoformat(day)) for day in days))


def _pieces(days: DayRange, coarsest: Grain = Grain.ALL) -> Pieces:
    grains, firsts, lasts = zip(*decompose(days, coarsest), strict=True)
    return list(grains), list(firsts), list(lasts)


def _count(projects: Rows) -> int:
    return sum(1 for row in projects if row[1])


def _buckets(rows: Rows) -> list[Json]:
    return [{"startsOn": day, "count": n, "timeSpent": ms / 1000} for _, day, n, ms in rows]


def _project(row: Any) -> Json | None:
    _, project_id, slug, name, _, _ = row
    return {"id": str(project_id), "slug": slug, "displayName": name} if project_id else None


def _menu(projects: Rows) -> Json:
    shown = [
        {"project": {"id": str(row[1]), "displayName": row[3]} if row[1] else None}
        for row in projects
    ]
    return {"projectContributions": shown}


class Endpoint:
    """Answers as the GraphQL servers do."""

    def __init__(self) -> None:
        self.pages: Pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = getattr(self.pages, request.path_params["page"])
        body = orjson.dumps({"data": await answer(orjson.loads(await request.body()))})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def application() -> Starlette:
    """The application; ``DATABASE_URL``, ``CONNECTIONS`` and ``VIEWER`` are in the environment."""
    endpoint = Endpoint()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        size = int(os.environ["CONNECTIONS"])
        async with asyncpg.create_pool(
            os.environ["DATABASE_URL"], min_size=size, max_size=size
        ) as pool:
            endpoint.pages = Pages(pool, int(os.environ["VIEWER"]))
            yield

    return Starlette(routes=[Route("/{page}", endpoint)], lifespan=lifespan)
