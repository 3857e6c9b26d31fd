"""What is embedded shows what the API answers at that moment, and nothing else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.embed.conftest import GALAXIES, OPEN, WHALES
from tests.embed.reading import Document, Image

SUBJECTS = {
    "site": ("site", "... on Query"),
    "project": (f"projects/{GALAXIES}", f'of: project(id: "{GALAXIES}")'),
    "short project": (f"projects/{WHALES}", f'of: project(id: "{WHALES}")'),
    "group": (f"groups/{OPEN}", f'of: userGroup(id: "{OPEN}")'),
}
MEASURES = {
    "classifications": ("classifications", "totalCount", "count"),
    "hours": ("classifications", "timeSpent", "timeSpent"),
    "volunteers": ("classifications", "activeUsers", "activeUsers"),
    "comments": ("comments", "totalCount", "count"),
}
RANGES = {
    "week": '{start: "2026-06-14", end: "2026-06-20"}',
    "month": '{start: "2026-05-22", end: "2026-06-20"}',
    "year": '{start: "2025-06-21", end: "2026-06-20"}',
    "all": "null",
}
#: The period of each chart without one in the address; of all time it depends on the days.
PERIODS = {"week": "DAY", "month": "DAY", "year": "MONTH"}
CASES = [
    (subject, measure, days)
    for subject in SUBJECTS
    for measure in MEASURES
    for days in RANGES
    if (subject, measure) != ("group", "comments")
]


async def answered(
    client: httpx.AsyncClient, subject: str, measure: str, days: str
) -> tuple[float, list[float]]:
    """The API's total and its buckets up to the last that has something, in the unit."""
    statistic, total, value = MEASURES[measure]
    period = PERIODS.get(days, "YEAR" if subject != "short project" else "MONTH")
    query = f"""{{ {SUBJECTS[subject][1]} {{
        statistic: {statistic}(range: {RANGES[days]}) {{
            total: {total} lastDay
            buckets(period: {period}, fillGaps: true) {{ startsOn value: {value} }} }} }} }}"""
    answer: dict[str, Any] = (await client.post("/graphql", json={"query": query})).json()
    assert "errors" not in answer, answer
    found = answer["data"].get("of", answer["data"])["statistic"]
    last = found["lastDay"] or "9999"
    unit = 3600 if measure == "hours" else 1
    buckets = [
        one["value"] / unit for one in found["buckets"] if days != "all" or one["startsOn"] <= last
    ]
    return found["total"] / unit, buckets


def number(text: str) -> float:
    return float(text.replace(",", ""))


async def test_charts_and_counters_show_what_the_api_answers(client: httpx.AsyncClient) -> None:
    for subject, measure, days in CASES:
        total, buckets = await answered(client, subject, measure, days)
        shown = {"show": measure, "range": days}
        path = f"/embed/{SUBJECTS[subject][0]}"
        case = (subject, measure, days)

        page = Document((await client.get(path, params=shown)).text)
        image = Image((await client.get(f"{path}/chart.svg", params=shown)).content)
        counted = Document((await client.get(f"{path}/counter", params=shown)).text)
        small = Image((await client.get(f"{path}/counter.svg", params=shown)).content)

        # Hours are rounded to a tenth on display.
        near = 0.051 if measure == "hours" else 0
        for text in (page.texts["strong"], counted.texts["strong"], small.texts[1]):
            assert number(text) == pytest.approx(total, abs=near), case
        assert number(image.texts[1].split()[0]) == pytest.approx(total, abs=near), case
        rows = [number(row[1]) for row in page.rows[1:]]
        if any(buckets):
            assert rows == pytest.approx(buckets, abs=near), case
            drawn = [value for value in buckets if value]
            heights = image.heights
            assert len(heights) == len(drawn), case
            assert [value / max(drawn) for value in drawn] == pytest.approx(
                [height / max(heights) for height in heights], abs=0.02
            ), case
        else:
            assert rows == image.heights == [], case
            assert "There is nothing on these days." in image.texts, case


async def test_a_chart_is_named_for_who_does_not_see_it(client: httpx.AsyncClient) -> None:
    image = Image((await client.get(f"/embed/projects/{WHALES}/chart.svg?range=year")).content)

    assert image.title == "Whales: Classifications by month"
    assert image.description == (
        "4 classifications, last 12 months. 13 bars, from June 2025 to June 2026. "
        "The highest is June 2026, 2 classifications."
    )
    assert image.root.get("role") == "img"
    named = (image.root.get("aria-labelledby") or "").split()
    assert named == [one.get("id") for tag in ("title", "desc") for one in image.all(tag)]


async def test_a_document_has_a_table_of_all_numbers(client: httpx.AsyncClient) -> None:
    path = f"/embed/projects/{WHALES}?range=week&show=hours"
    page = Document((await client.get(path)).text)

    assert page.texts["h1"] == "Whales"
    assert page.texts["p"] == "0.7 hours, last 7 days, by day"
    assert page.rows[0] == ["Day", "Hours"]
    assert page.rows[1:] == [
        [f"Jun {day}, 2026", "0.7" if day == 17 else "0"] for day in range(14, 21)
    ]


@pytest.mark.parametrize(
    ("days", "period", "bars"),
    [("month", "week", 5), ("year", "day", 365), ("year", "week", 53), ("all", "year", 2)],
)
async def test_another_period_can_be_asked_for(
    days: str, period: str, bars: int, client: httpx.AsyncClient
) -> None:
    path = f"/embed/projects/{WHALES}?range={days}&period={period}"
    page = Document((await client.get(path)).text)

    assert page.rows[0][0] == period.title()
    assert len(page.rows) == 1 + bars


async def test_a_project_without_a_name_has_its_number(client: httpx.AsyncClient) -> None:
    image = Image((await client.get("/embed/projects/13/counter.svg")).content)

    assert image.title == "Project 13: 1 classification, all time"
