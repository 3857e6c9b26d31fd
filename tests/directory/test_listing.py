"""Pages of lists of names, against a sort in Python; and what reading them takes."""

from __future__ import annotations

from collections.abc import Callable
from os import environ
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from gateway.calendar import Grain
from gateway.db import Database
from gateway.db.rollup_sets import PROJECT, WORKFLOW
from gateway.directory import listing
from gateway.directory.listing import (
    MOST_MATCHES,
    NEVER,
    Listed,
    ListOrder,
    ListQuestion,
    SortKey,
)
from gateway.directory.load import load_directory
from gateway.directory.name_lists import NameList
from gateway.name_keys import matches, order_key, search_key
from tests.query_plans import plan, rows_read

SHOWN = [
    "Galaxy Zoo", "galaxy zoo", "GALAXY ZOO", "Zoo of galaxies", "Éclair", "éclair", "Zebra",
    "ärger", "Planet Hunters", "\N{PENGUIN} Watch", "The Galaxy", "a_b%c", "Straße", "STRASSE",
    "", None,
]  # fmt: skip
SEARCHES = [None, "g", "galaxy", "ZOO", "the galaxy", "strasse", "b", "%", "nothing"]
ENTITIES = {one: SHOWN[one % len(SHOWN)] for one in range(1, 41)}
#: What is counted of some of them: classifications, and on which days.
SUMS = {one: (one * 7 % 5, [100 + one % 3, 90]) for one in ENTITIES if one % 4}
ACTIVE: dict[int, bool | None] = {one: [None, True, False][one % 3] for one in ENTITIES}


@pytest.fixture
async def listed(database: Database) -> Database:
    def fill(connection: Connection) -> None:
        load_directory(
            connection,
            {
                "projects": [{"id": key, "display_name": name} for key, name in ENTITIES.items()],
                "workflows": [
                    {"id": key, "project_id": 1, "display_name": name, "active": ACTIVE[key]}
                    for key, name in ENTITIES.items()
                ],
                "user_groups": [
                    {"id": key, "display_name": name, "private": key % 5 == 0}
                    for key, name in ENTITIES.items()
                ],
            },
        )
        for rollup, more in ((PROJECT, [{}]), (WORKFLOW, [{"project_id": 1}, {"project_id": 2}])):
            connection.execute(
                insert(rollup.table),
                [
                    {rollup.entity: key, "grain": int(grain), "bucket": bucket, "n": n,
                     "ms": 0, "anonymous_n": 0, **dims}
                    for key, (n, days) in SUMS.items()
                    for grain, bucket in [(Grain.ALL, 0), *((Grain.DAY, day) for day in days)]
                    for dims in more
                ],
            )  # fmt: skip

    await database.write(fill)
    return database


def expected(wanted: Listed, order: ListOrder) -> list[SortKey]:
    """The whole list, by the rules as the documentation has them."""
    which, search = wanted
    members = {
        NameList.PROJECTS: lambda _: True,
        NameList.WORKFLOWS: lambda _: True,
        NameList.ACTIVE_WORKFLOWS: lambda key: ACTIVE[key] is True,
        NameList.INACTIVE_WORKFLOWS: lambda key: ACTIVE[key] is False,
        NameList.PUBLIC_GROUPS: lambda key: key % 5 != 0,
    }[which]
    kept = {
        key: name or ""
        for key, name in ENTITIES.items()
        if members(key) and (search is None or matches(name or "", search))
    }
    times = 1 if which is NameList.PROJECTS else 2
    value: dict[ListOrder, Callable[[int], Any]] = {
        ListOrder.NAME: lambda key: order_key(kept[key]),
        ListOrder.ID: lambda key: key,
        ListOrder.COUNT: lambda key: times * SUMS.get(key, (0, []))[0],
        ListOrder.LAST_DAY: lambda key: max(SUMS[key][1]) if key in SUMS else NEVER,
    }
    is_descending = order in (ListOrder.COUNT, ListOrder.LAST_DAY)
    places = [SortKey(value[order](key), key) for key in sorted(kept)]
    return sorted(places, key=lambda place: place.value, reverse=is_descending)


def orders_of(which: NameList) -> list[ListOrder]:
    return [ListOrder.NAME] if which is NameList.PUBLIC_GROUPS else [*ListOrder]


LISTS = [one for one in NameList if one >= NameList.PROJECTS]


@pytest.mark.parametrize("which", LISTS)
async def test_pages_are_those_of_the_sorted_list(listed: Database, which: NameList) -> None:
    async with listed.read() as snapshot:
        for search in SEARCHES:
            key = None if search is None else search_key(search)
            if key == "":
                continue
            wanted = Listed(which, key)
            ((number, words),) = await snapshot.fetch(*listing.count(wanted))
            assert words <= MOST_MATCHES
            for order in orders_of(which):
                whole = expected(wanted, order)
                assert number == len(whole)
                # United with others, as an operation does it: the order is nobody's then.
                found: list[SortKey] = []
                while True:
                    after = found[-1] if found else None
                    question = ListQuestion(wanted, order, 7, after)
                    requests = [listing.page(question), listing.count(wanted)]
                    rows, _ = await snapshot.fetch_together(requests)
                    page = sorted((SortKey(*row) for row in rows), key=whole.index)
                    found += page
                    if len(page) < 7:
                        break
                assert found == whole


async def test_the_last_day_is_of_all_days_and_reversed_orders_break_ties_by_id(
    listed: Database,
) -> None:
    whole = expected(Listed(NameList.PROJECTS), ListOrder.LAST_DAY)
    assert [place.entity_id for place in whole[:4]] == [2, 5, 11, 14]
    assert whole[-1] == SortKey(NEVER, 40)


QUESTIONS = {
    f"{which.name.lower()} by {order.value}{', searched' if search else ''}": ListQuestion(
        Listed(which, search),
        order,
        20,
        SortKey("m" if order is ListOrder.NAME else 5, 7),
    )
    for which in LISTS
    for order in orders_of(which)
    for search in (None, "ga")
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_no_table_is_read_whole(database: Database, name: str) -> None:
    question = QUESTIONS[name]

    def steps(connection: Connection) -> str:
        page = plan(connection, *listing.page(question))
        return f"{page}\n{plan(connection, *listing.count(question.listed))}"

    found = await database.write(steps)
    for table in ("name_key", "name_word", "project", "workflow", "user_group", "rollup"):
        assert f"Seq Scan on {table}" not in found
        assert f"SCAN {table}" not in found.replace("SCAN sort_keys", "")


#: Names that the test of what reading takes makes; ``make names`` takes a million.
NAMES = 50_000


def make_names(connection: Connection, names: int) -> None:
    """Public groups ``zoo 1``, ``zoo 2``, …: each found by ``zoo`` and by its number."""
    series = f"SELECT generate_series AS i FROM generate_series(1, {names})"
    if connection.dialect.name == "sqlite":
        more = f"SELECT i + 1 FROM series WHERE i < {names}"
        series = f"WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL {more}) SELECT i FROM series"
    which = int(NameList.PUBLIC_GROUPS)
    for table, columns in (
        ("name_key", "'zoo ' || i"),
        ("name_word", "'zoo ' || i, 'zoo ' || i"),
        ("name_word", "CAST(i AS TEXT), 'zoo ' || i"),
    ):
        connection.exec_driver_sql(
            f"INSERT INTO {table} SELECT {which}, {columns}, i FROM ({series}) AS numbers"
        )
    connection.exec_driver_sql("ANALYZE")


async def test_a_page_and_a_search_read_no_more_of_many_names(
    database: Database,
) -> None:
    """Neither behind half of them nor where a search finds them all."""
    names = int(environ.get("NAMES", NAMES))
    groups = NameList.PUBLIC_GROUPS

    def check(connection: Connection) -> None:
        make_names(connection, names)
        behind = SortKey(f"zoo {names // 2}", names // 2)
        for after in (None, behind):
            question = ListQuestion(Listed(groups), ListOrder.NAME, 21, after)
            assert rows_read(connection, *listing.page(question)) <= 300
        few = sum(str(one).startswith("4999") for one in range(1, names + 1))
        for search, words in (("zoo", MOST_MATCHES + 1), ("zoo 4999", few), ("4999", few)):
            wanted = Listed(groups, search)
            for after in (None, behind):
                question = ListQuestion(wanted, ListOrder.NAME, 21, after)
                assert rows_read(connection, *listing.page(question)) <= 12 * words + 300
            assert rows_read(connection, *listing.count(wanted)) <= 12 * words + 300

    await database.write(check)
