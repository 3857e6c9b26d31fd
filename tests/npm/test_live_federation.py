"""Live answers behind a router that passes them on: each viewer's own, with others' fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from gateway.cli import main
from tests.demo import Demo, running_demo
from tests.graphql.live.reading import EVENTS, events
from tests.npm.supergraph import Router, Supergraph, federated
from tests.server import DEADLINE_SECONDS

#: Volunteer of the demo.
ADMIN = 1304710

MINE = """subscription {
  live { me { id classifications { totalCount } favouriteProject { id slug } } }
}"""
OURS = "subscription { live { me { login } userGroup(id: 1) { classifications { totalCount } } } }"


@pytest.fixture(scope="module")
def live_demo(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that counts more during the tests."""
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture(scope="module")
def supergraph(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supergraph]:
    with federated(live_demo, tmp_path_factory.mktemp("supergraph")) as supergraph:
        yield supergraph


@pytest.fixture
def router(supergraph: Supergraph) -> Router:
    return supergraph.routers["@graphql-hive/gateway"]


@contextmanager
def following(router: Router, query: str, token: str | None = None) -> Iterator[Iterator[Any]]:
    """The answers that somebody with this token gets."""
    headers = {"accept": EVENTS}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    with (
        httpx.Client(timeout=DEADLINE_SECONDS) as client,
        client.stream("POST", router.url, json={"query": query}, headers=headers) as response,
    ):
        assert response.status_code == 200, response.read()
        yield (json.loads(one.data) for one in events(response) if one.name == "next")


def test_frames_follow_what_is_counted_with_fields_of_another_subgraph(
    router: Router, live_demo: Demo
) -> None:
    favourite = {"id": "3", "slug": "demo/wildcam-gorongosa"}
    with following(router, MINE, live_demo.tokens["member"]) as answers:
        before = next(answers)["data"]["live"]["me"]
        live_demo.classify("--as", "member", "--count", "1")
        after = next(answers)["data"]["live"]["me"]
    number = before["classifications"]["totalCount"]
    assert number > 0
    assert before["favouriteProject"] == favourite
    assert after == {**before, "classifications": {"totalCount": number + 1}}


def test_everybody_follows_what_they_may_see(router: Router, live_demo: Demo) -> None:
    with (
        following(router, OURS, live_demo.tokens["member"]) as members,
        following(router, OURS) as strangers,
    ):
        seen, hidden = next(members), next(strangers)
    assert seen["data"]["live"]["me"]["login"] == "volunteer-001"
    assert seen["data"]["live"]["userGroup"]["classifications"]["totalCount"] > 0
    assert hidden["data"]["live"] == {"me": None, "userGroup": {"classifications": None}}
    (error,) = hidden["errors"]
    assert error["path"] == ["live", "userGroup", "classifications"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


def test_the_end_of_a_credential_reaches_the_client(router: Router, live_demo: Demo) -> None:
    with following(router, OURS, live_demo.tokens["admin"]) as answers:
        next(answers)
        database = f"sqlite:///{live_demo.folder}/demo.db"
        words = ["users", "forget", str(ADMIN), "--database-url", database]
        erased = CliRunner().invoke(main, words)
        assert erased.exit_code == 0, erased.output
        (last,) = answers
    assert last["data"] is None
    assert [one["extensions"]["code"] for one in last["errors"]] == ["UNAUTHENTICATED"]


def test_apollos_gateway_has_no_subscriptions(supergraph: Supergraph) -> None:
    router = supergraph.routers["@apollo/gateway"]
    answer = httpx.post(router.url, json={"query": OURS}, timeout=DEADLINE_SECONDS).json()
    (error,) = answer["errors"]
    assert error["message"] == "Execution of subscriptions not supported by gateway"
    assert "data" not in answer
