"""Apollo's multipart protocol for subscriptions."""

from __future__ import annotations

from itertools import islice

import httpx
import pytest

from tests.graphql.live.reading import PARTS, TOTAL, classify, parts, subscribed, total
from tests.server import Server


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_frames_follow_what_is_counted(live_server: Server, method: str) -> None:
    with subscribed(live_server, PARTS, method=method) as response:
        assert response.status_code == 200
        media = 'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0'
        assert response.headers["content-type"] == media
        assert response.headers["cache-control"] == "private, no-store, no-transform"
        answers = (one["payload"] for one in parts(response) if one)
        before = total(next(answers))
        classify(live_server, {"POST": 11, "GET": 12}[method])
        assert total(next(answers)) == before + 1


def test_silence_is_broken_by_empty_parts(live_server: Server) -> None:
    with subscribed(live_server, PARTS) as response:
        first, *others = islice(parts(response), 4)
    assert total(first["payload"]) >= 0
    assert others == [{}] * 3


def test_what_is_refused_is_an_answer_that_apollo_client_reads(live_server: Server) -> None:
    query = {"query": "subscription { dead }"}
    response = httpx.post(live_server.url, json=query, headers={"accept": PARTS})
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("application/graphql-response+json")
    assert response.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_without_other_media_a_refusal_is_plain_json(live_server: Server) -> None:
    headers = {"accept": 'multipart/mixed; subscriptionSpec="1.0"', "authorization": "Bearer no"}
    response = httpx.post(live_server.url, json={"query": TOTAL}, headers=headers)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("accept", ["multipart/mixed", "multipart/mixed;subscriptionSpec=2.0"])
def test_other_forms_of_parts_are_not_acceptable(live_server: Server, accept: str) -> None:
    headers = {"accept": f"{accept}, application/json"}
    response = httpx.post(live_server.url, json={"query": TOTAL}, headers=headers)
    assert response.status_code == 406
    assert "subscriptionSpec=1.0" in response.json()["errors"][0]["message"]
