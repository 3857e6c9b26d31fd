"""Whatever order events, exports and the pieces of both arrive in: the names are the same."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from gateway.db import Database, open_database
from gateway.db.tables import project, user, workflow
from gateway.directory.load import load_directory
from gateway.directory.store_names import store_names
from gateway.events.exports import Origin
from gateway.events.opening import open_source
from gateway.events.stream import read_payload
from gateway.ingestion.export import Export
from gateway.ingestion.ingest import ingest
from gateway.rollups.apply_batch import apply_batch
from tests.events_of import clear
from tests.sampled import examples

START = datetime(2019, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
USERS, WORKFLOW, PROJECT, OTHER = (5, 6), 600, 88, 89
HEADER = (
    "classification_id", "user_id", "user_name", "workflow_id", "workflow_name", "created_at",
    "metadata",
)  # fmt: skip

#: In so many orders each is brought in.
ORDERS = 2

#: Few instants and few names, so that many are said at once, again, and in between.
days = st.integers(0, 3)
names = st.sampled_from(["a", "B"])
maybe = st.sampled_from(["a", "B", None])


class Event(NamedTuple):
    """A stream event, whose copies are told apart by when they were changed."""

    event_id: int
    day: int
    updated: int | None
    user: int
    project: int
    login: str | None
    shown: str | None
    title: str | None
    workflow: str | None

    @property
    def said(self) -> int:
        return self.day if self.updated is None else self.updated

    def written(self) -> dict[str, Any]:
        data = {
            "id": self.event_id,
            "created_at": written(self.day),
            "metadata": {},
            "links": {"user": self.user, "project": self.project, "workflow": WORKFLOW},
        }
        if self.updated is not None:
            data["updated_at"] = written(self.updated)
        return {
            "source": "panoptes",
            "type": "classification",
            "data": data,
            "linked": {
                "users": [{"id": self.user, "login": self.login, "display_name": self.shown}],
                "projects": [{"id": self.project, "display_name": self.title}],
                "workflows": [{"id": WORKFLOW, "display_name": self.workflow}],
            },
        }


class Row(NamedTuple):
    """A row of an export."""

    event_id: int
    day: int
    user: int
    login: str
    workflow: str


class Exported(NamedTuple):
    rows: list[Row]
    title: str


def written(day: int) -> str:
    return (START + timedelta(days=day)).strftime("%Y-%m-%d %H:%M:%S UTC")


events = st.builds(
    Event,
    st.integers(1, 5),
    days,
    st.one_of(st.none(), days),
    st.sampled_from(USERS),
    st.sampled_from([PROJECT, OTHER]),
    maybe,
    maybe,
    maybe,
    maybe,
)
exports = st.builds(
    Exported,
    st.lists(
        st.builds(Row, st.integers(1, 5), days, st.sampled_from(USERS), names, names),
        min_size=1,
        max_size=5,
    ),
    names,
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "users": st.lists(
            st.fixed_dictionaries(
                {"id": st.sampled_from(USERS)}, optional={"login": names, "display_name": names}
            ),
            max_size=2,
        ),
        "projects": st.lists(
            st.fixed_dictionaries({"id": st.just(PROJECT)}, optional={"display_name": names}),
            max_size=1,
        ),
        "workflows": st.lists(
            st.fixed_dictionaries(
                {"id": st.just(WORKFLOW), "project_id": st.sampled_from([PROJECT, OTHER])},
                optional={"display_name": names},
            ),
            max_size=1,
        ),
    },
)

Key = tuple[str, int, str]


def held(
    streamed: Sequence[Event], files: Sequence[Exported], loads: Sequence[dict[str, Any]]
) -> dict[Key, object]:
    """What each is called, by the rules alone."""
    said: list[tuple[Key, int, Any]] = []
    for event in streamed:
        said += [
            (("users", event.user, "login"), event.said, event.login),
            (("users", event.user, "display_name"), event.said, event.shown),
            (("projects", event.project, "display_name"), event.said, event.title),
            (("workflows", WORKFLOW, "display_name"), event.said, event.workflow),
            (("workflows", WORKFLOW, "project_id"), event.said, event.project),
        ]
    for file in files:
        newest = max(row.day for row in file.rows)
        said.append((("workflows", WORKFLOW, "project_id"), -1, PROJECT))
        for row in file.rows:
            said += [
                (("users", row.user, "login"), newest, row.login),
                (("workflows", WORKFLOW, "display_name"), newest, row.workflow),
            ]
    found: dict[Key, tuple[int, Any]] = {}
    for key, day, value in said:
        if value is not None:
            found[key] = max(found.get(key, (day, value)), (day, value))
    holding = {key: value for key, (_, value) in found.items()}
    last = {(name, entry["id"]): entry for load in loads for name in load for entry in load[name]}
    for (name, one), entry in last.items():
        holding |= {(name, one, field): entry[field] for field in entry if field != "id"}
    return holding


def stored(connection: Connection) -> dict[Key, object]:
    found: dict[Key, object] = {}
    for name, table in (("users", user), ("projects", project), ("workflows", workflow)):
        # Of a row as it is, "project_id" would be the id of the project table as well.
        for row in map(dict, connection.execute(select(table)).mappings()):
            for field in ("login", "display_name", "project_id"):
                if row.get(field) is not None:
                    found[name, row["id"], field] = row[field]
    return found


def stream(connection: Connection, piece: Sequence[Event]) -> None:
    batch = read_payload([event.written() for event in piece], NOW)
    apply_batch(connection, batch)
    store_names(connection, batch.names)


async def bring(database: Database, path: Path, size: int) -> None:
    export = Export(PROJECT, move=False)
    for batch in open_source(str(path), Origin(PROJECT)).batches(NOW, size):
        export.note((await database.write(partial(ingest, batch=batch, export=export))).batch)
    await database.write(export.finish)


def write(path: Path, file: Exported) -> None:
    with path.open("w", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(HEADER)
        for row in file.rows:
            day = written(row.day)
            rows.writerow([row.event_id, row.user, row.login, WORKFLOW, row.workflow, day, "{}"])


@st.composite
def pieces(draw: st.DrawFn, streamed: list[Event]) -> list[list[Event]]:
    """The events in any order, in any pieces, and some of them twice."""
    shuffled = draw(st.permutations(streamed + draw(st.permutations(streamed))[:2]))
    if draw(st.booleans()):
        return [[event] for event in shuffled]
    cuts = sorted(draw(st.sets(st.integers(1, max(len(shuffled) - 1, 1)), max_size=3)))
    return [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]


def test_in_any_order_and_pieces_the_names_are_what_the_rules_say(
    database_url: str, tmp_path: Path
) -> None:
    with asyncio.Runner() as runner:
        database = open_database(database_url)
        runner.run(database.migrate())

        @settings(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            st.lists(events, max_size=8),
            st.lists(exports, max_size=3),
            st.lists(entries, max_size=3),
            st.data(),
        )
        def check(
            streamed: list[Event],
            files: list[Exported],
            loads: list[dict[str, Any]],
            data: st.DataObject,
        ) -> None:
            expected = held(streamed, files, loads)
            paths = [tmp_path / f"{number}.csv" for number in range(len(files))]
            for path, file in zip(paths, files, strict=True):
                write(path, file)
            for _ in range(ORDERS):
                runner.run(database.write(clear))
                arriving = [*data.draw(pieces(streamed)), *paths]
                for step in data.draw(ordered(arriving, loads)):
                    if isinstance(step, Path):
                        runner.run(bring(database, step, data.draw(st.integers(1, 3))))
                    elif isinstance(step, dict):
                        runner.run(database.write(lambda c, step=step: load_directory(c, step)))
                    else:
                        runner.run(database.write(lambda c, step=step: stream(c, step)))
                assert runner.run(database.write(stored)) == expected

        check()
        runner.run(database.close())


@st.composite
def ordered(
    draw: st.DrawFn, arriving: list[Any], loads: list[dict[str, Any]]
) -> list[list[Event] | Path | dict[str, Any]]:
    """All that arrives in any order, and the loads among it in theirs."""
    kinds = draw(st.permutations(["load"] * len(loads) + ["other"] * len(arriving)))
    others: Iterator[Any] = iter(draw(st.permutations(arriving)))
    in_order = iter(loads)
    return [next(in_order) if kind == "load" else next(others) for kind in kinds]
