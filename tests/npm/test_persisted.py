"""Automatic persisted queries, as Apollo Client and urql speak them."""

from __future__ import annotations

from functools import partial

import pytest

from tests.demo import Demo
from tests.npm.client import CLIENTS, Operation, run_client


def title(of: str, client: str) -> str:
    """An operation's name for one client alone, since what one has sent is known to the other."""
    return of + client.partition("/")[2].title()


@pytest.mark.parametrize("name", CLIENTS)
def test_an_operation_is_sent_once_and_then_named_by_its_hash(demo: Demo, name: str) -> None:
    """By all clients together: what one has sent, the next one need not send."""
    operation = Operation(f"query {title('Comments', name)} {{ comments {{ totalCount }} }}")
    run = partial(run_client, CLIENTS[name], demo.server.url, operation, persisted=True)
    (first,), (second,) = run(), run()

    asked, sent = first.sent
    (named,) = second.sent
    assert (asked.method, asked.query, sent.query) == ("GET", False, True)
    assert (named.method, named.query) == ("GET", False)
    assert asked.hash == sent.hash == named.hash
    assert (first.errors, second.errors) == ([], [])
    assert first.data["comments"]["totalCount"] == second.data["comments"]["totalCount"] == 0


@pytest.mark.parametrize("name", CLIENTS)
def test_variables_and_errors_of_a_persisted_operation_are_its_own(demo: Demo, name: str) -> None:
    query = f"query {title('Project', name)}($id: ID!) {{ project(id: $id) {{ slug }} }}"
    known, unknown = run_client(
        CLIENTS[name],
        demo.server.url,
        Operation(query, {"id": "1"}),
        Operation(query, {"id": "999"}),
        persisted=True,
    )

    assert known.data["project"]["slug"] == "demo/wildlife-watch-kenya"
    assert [sent.query for sent in known.sent] == [False, True]
    assert [sent.query for sent in unknown.sent] == [False]
    assert unknown.errors == [(("project",), "NOT_FOUND")]
