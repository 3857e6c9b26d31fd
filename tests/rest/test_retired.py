"""Requests of the service before ERAS lead to where they are answered, or end with a sentence."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/counts/classification/day", "/classifications?period=day"),
        ("/counts/comment/month/", "/comments?period=month"),
        (
            "/counts/classification/week?project_id=12,11",
            "/classifications?period=week&project_id=11,12",
        ),
        (
            "/counts/classification/year/?workflow_id=101&es_format=1",
            "/classifications?period=year&workflow_id=101",
        ),
        (
            "/counts/classification/day?user_id=7&workflow_id=101",
            "/classifications/users/7?period=day&workflow_id=101",
        ),
        (
            "/counts/comment/day?user_id=7,8&project_id=11",
            "/comments?period=day&project_id=11&user_id=7,8",
        ),
        ("/counts/comment/day?project_id=", "/comments?period=day"),
    ],
)
async def test_what_can_be_expressed_is_redirected_for_good(
    client: httpx.AsyncClient, path: str, location: str
) -> None:
    response = await client.get(path)

    assert (response.status_code, response.headers["location"]) == (308, location)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (
            "/counts/classification/hour",
            "Counts exist only by day, week, month and year.",
        ),
        (
            "/counts/comment/quarter?project_id=11",
            "Counts exist only by day, week, month and year.",
        ),
        ("/counts/workflow_counters/day", "Only classification and comment can be counted."),
        (
            "/counts/classification/day?project_id=11&workflow_id=101",
            "Counts by project and workflow together are no longer served: give only one of them.",
        ),
        (
            "/counts/classification/day?user_id=7,8",
            "Classifications of several users together are no longer served: give one user.",
        ),
        (
            "/counts/comment/day?workflow_id=101",
            "Comments do not belong to workflows: give a project or a user instead.",
        ),
    ],
)
async def test_what_cannot_be_expressed_is_gone(
    client: httpx.AsyncClient, path: str, sentence: str
) -> None:
    response = await client.get(path)

    assert (response.status_code, response.json()) == (410, {"error": sentence})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("project_id=11%0d%0aX:1", "project_id: '11\\r\\nX:1' is not an id, a positive number."),
        ("user_id=7'--", 'user_id: "7\'--" is not an id, a positive number.'),
        ("user_id=7&user_id=8", "user_id is given more than once."),
        ("workflow_id=" + ",".join(["1"] * 1001), "workflow_id has more than 1,000 ids."),
    ],
)
async def test_a_list_that_is_none_is_refused(
    client: httpx.AsyncClient, query: str, sentence: str
) -> None:
    response = await client.get(f"/counts/classification/day?{query}")

    assert (response.status_code, response.json()) == (400, {"error": sentence})


async def test_a_client_that_follows_gets_the_answer(client: httpx.AsyncClient) -> None:
    response = await client.get("/counts/classification/day/?project_id=11", follow_redirects=True)

    assert (response.status_code, response.json()) == (200, {"total_count": 0, "data": []})
